/** Uploads in parts: how an object is divided, and whether what the store lists is all of it. */

export type PartPlan = {
  /** Bytes of every part but the last, which has what is left. */
  size: number
  count: number
}

/** A part as the store lists it. */
export type ListedPart = { number: number; size: number; etag: string }

/** What keeps parts from being one object; the numbers ascend. */
export type PartsFault = {
  missing: number[]
  /** Of another length than planned, or not planned at all. */
  wrong: number[]
}

const MIB = 1024 ** 2

/** S3's bounds: 10,000 parts, each but the last of 5 MiB to 5 GiB; 5 TiB in all. */
const MOST_PARTS = 10_000
export const LARGEST_OBJECT_BYTES = 5 * 1024 ** 4

/** The largest object that one PUT can make (S3: PutObject). */
const SINGLE_PUT_MAX_BYTES = 5 * 1024 ** 3

/** A part is what a broken connection costs at most; it grows only where there would be too many. */
const USUAL_PART_BYTES = 8 * MIB

/**
 * Null: the object is sent in one PUT.
 * @param threshold bytes; larger objects go in parts, whatever it is above 5 GiB.
 */
export function planParts(size: number, threshold: number): PartPlan | null {
  if (size <= Math.min(threshold, SINGLE_PUT_MAX_BYTES)) return null
  const partBytes = Math.max(USUAL_PART_BYTES, Math.ceil(size / MOST_PARTS / MIB) * MIB)
  return { size: partBytes, count: Math.ceil(size / partBytes) }
}

/** The exact length of a part, 1 to `count`. */
export const partBytes = ({ size, count }: PartPlan, total: number, number: number): number =>
  number < count ? size : total - size * (count - 1)

/** Null when every part is there at its exact length, and no other. */
export function checkParts(
  plan: PartPlan,
  total: number,
  listed: readonly ListedPart[],
): PartsFault | null {
  const seen = new Set<number>()
  const wrong = new Set<number>()
  for (const { number, size } of listed) {
    const isPlanned = Number.isInteger(number) && number >= 1 && number <= plan.count
    const isRight = isPlanned && !seen.has(number) && size === partBytes(plan, total, number)
    if (!isRight) wrong.add(number)
    seen.add(number)
  }
  const numbers = Array.from({ length: plan.count }, (_, index) => index + 1)
  const missing = numbers.filter((number) => !seen.has(number))
  if (missing.length === 0 && wrong.size === 0) return null
  return { missing, wrong: [...wrong].sort((a, b) => a - b) }
}

/** The most bytes that one PUT of this upload carries: how long it may still take to land. */
export const bytesPerPut = (plan: PartPlan | null, total: number): number => plan?.size ?? total
