import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  bytesPerPut,
  checkParts,
  LARGEST_OBJECT_BYTES,
  partBytes,
  planParts,
  type ListedPart,
  type PartPlan,
} from '../../src/upload/parts.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

const planOf = (size: number): PartPlan => {
  const plan = planParts(size, 0)
  if (!plan) throw new Error('no plan')
  return plan
}

/** What a store lists when all has arrived. */
const wholeListing = (plan: PartPlan, total: number): ListedPart[] =>
  Array.from({ length: plan.count }, (_, index) => ({
    number: index + 1,
    size: partBytes(plan, total, index + 1),
    etag: `"${index}"`,
  }))

// Sizes of every magnitude, not only giants.
const anySize = fc
  .tuple(fc.integer({ min: 0, max: 42 }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([power, times]) => Math.min(LARGEST_OBJECT_BYTES, Math.ceil(2 ** power * times)))

const smallSize = fc.integer({ min: 1, max: 400 * MIB })

describe('planParts', () => {
  it('divides every object up to 5 TiB within the bounds of S3, and to the last byte', () => {
    fc.assert(
      fc.property(anySize, (total) => {
        const plan = planOf(total)
        expect(plan.count).toBeGreaterThanOrEqual(1)
        expect(plan.count).toBeLessThanOrEqual(10_000)
        expect(plan.size).toBeGreaterThanOrEqual(5 * MIB)
        expect(plan.size).toBeLessThanOrEqual(5 * GIB)
        const last = partBytes(plan, total, plan.count)
        expect(last).toBeGreaterThanOrEqual(1)
        expect(last).toBeLessThanOrEqual(plan.size)
        expect(plan.size * (plan.count - 1) + last).toBe(total)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    [64 * MIB, null],
    [64 * MIB + 1, { size: 8 * MIB, count: 9 }],
    [5 * GIB, { size: 8 * MIB, count: 640 }],
    [LARGEST_OBJECT_BYTES, { size: 525 * MIB, count: 9987 }],
  ])('with the usual threshold divides %i bytes into %j', (size, plan) => {
    expect(planParts(size, 64 * MIB)).toEqual(plan)
  })

  it('leaves an object whole up to the threshold, but never above 5 GiB', () => {
    expect(planParts(5 * GIB, 10 * GIB)).toBeNull()
    expect(planParts(5 * GIB + 1, 10 * GIB)).not.toBeNull()
    expect(planParts(0, 0)).toBeNull()
    expect(planParts(1, 0)).toEqual({ size: 8 * MIB, count: 1 })
  })
})

describe('checkParts', () => {
  it('takes the whole listing, in whatever order', () => {
    fc.assert(
      fc.property(smallSize, fc.infiniteStream(fc.double({ noNaN: true })), (total, random) => {
        const plan = planOf(total)
        const shuffled = wholeListing(plan, total)
          .map((part) => ({ part, at: Number(random.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ part }) => part)
        expect(checkParts(plan, total, shuffled)).toBeNull()
      }),
    )
  })

  it('refuses any listing that lacks a part, and names it', () => {
    fc.assert(
      fc.property(smallSize, fc.nat(), (total, nth) => {
        const plan = planOf(total)
        const number = (nth % plan.count) + 1
        const listed = wholeListing(plan, total).filter((part) => part.number !== number)
        expect(checkParts(plan, total, listed)).toEqual({ missing: [number], wrong: [] })
      }),
    )
  })

  it('refuses any listing with a part of another length, and names it', () => {
    fc.assert(
      fc.property(smallSize, fc.nat(), fc.integer(), (total, nth, more) => {
        fc.pre(more !== 0)
        const plan = planOf(total)
        const number = (nth % plan.count) + 1
        const listed = wholeListing(plan, total).map((part) =>
          part.number === number ? { ...part, size: part.size + more } : part,
        )
        expect(checkParts(plan, total, listed)).toEqual({ missing: [], wrong: [number] })
      }),
    )
  })

  it('refuses a part that was not planned, and one that is listed twice', () => {
    const total = 20 * MIB
    const plan = planOf(total)
    const listed = wholeListing(plan, total)
    for (const number of [0, -1, 1.5, 4]) {
      const more = [...listed, { number, size: 4 * MIB, etag: '' }]
      expect(checkParts(plan, total, more)).toEqual({ missing: [], wrong: [number] })
    }
    expect(checkParts(plan, total, [...listed, ...listed.slice(1, 2)])).toEqual({
      missing: [],
      wrong: [2],
    })
  })

  it('never takes a listing whose bytes are not all of the object', () => {
    const part = fc.record({
      number: fc.integer({ min: 1, max: 6 }),
      size: fc.constantFrom(0, 1, 8 * MIB, 4 * MIB),
      etag: fc.constant('"x"'),
    })
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.integer({ min: 1, max: 44 }),
        (listed, m) => {
          const total = m * MIB
          const sum = listed.reduce((bytes, { size }) => bytes + size, 0)
          if (checkParts(planOf(total), total, listed) === null) expect(sum).toBe(total)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('bytesPerPut', () => {
  it('is a part, or the whole where there are none', () => {
    expect(bytesPerPut({ size: 8 * MIB, count: 3 }, 20 * MIB)).toBe(8 * MIB)
    expect(bytesPerPut(null, 20 * MIB)).toBe(20 * MIB)
  })
})
