/** The bytes of one upload to the object store: in one PUT, or in parts, several at a time. */

import { pathOf, type Api } from './api.ts'
import { CLOCKS, explain } from './explain.ts'
import { trying, type Attempts } from './patience.ts'
import { put, type PlainSlot, type Source, type Way } from './put.ts'
import type { PartSlot, Upload } from './record.ts'
import { UploadError } from './upload-error.ts'
import { within } from './within.ts'

export type Sending = Attempts &
  Way & {
    api: Api
    /** How many parts go at a time. */
    parallel: number
  }

/** Resolves when the store has the bytes, also if it had them before. */
async function putInto(slot: PlainSlot, body: Source, way: Way): Promise<void> {
  const answer = await put(slot, body, way)
  if (answer.status < 300) return
  const store = explain(slot, answer)
  // Perhaps from a try whose answer was lost. What it really is, Berth will say.
  if (store.reason !== 'used') throw new UploadError('store', store.words, { store })
}

/** No slot is shorter. */
const SHORTEST_SLOT_MS = 10_000

/** Into a slot that was signed just now: what says at once that it is over has another clock. */
async function putFresh(slot: PlainSlot, body: Source, way: Way): Promise<void> {
  const startedAt = Date.now()
  await putInto(slot, body, way).catch((error: unknown) => {
    const { store } = error as UploadError
    if (store?.reason !== 'expired' || Date.now() - startedAt > SHORTEST_SLOT_MS) throw error
    throw new UploadError('store', CLOCKS, { store: { ...store, reason: 'clock', words: CLOCKS } })
  })
}

/** The first try goes into the slot that there is, each later one into a fresh one. */
export function sendWhole(sending: Sending, upload: Upload, file: Source): Promise<void> {
  const { api, signal } = sending
  const { id, slot: first } = upload
  return trying(sending, async (nth) => {
    sending.onSent(0)
    if (first && nth === 1) return putInto(first, file, sending)
    const { slot } = await api<Upload>('POST', `${pathOf(id)}/slot`, { signal })
    if (slot) await putFresh(slot, file, sending)
  })
}

type PartPlan = NonNullable<Upload['parts']>

type Held = { partNumber: number; size: number }

/**
 * Sends what the store does not hold yet, several parts at a time; the first that fails ends the others.
 * @param held the parts that it does.
 */
export async function sendParts(
  sending: Sending,
  { id, size, parts }: Upload,
  file: Source,
  held: readonly Held[],
): Promise<void> {
  const plan = parts as PartPlan
  const startOf = (number: number): number => plan.size * (number - 1)
  const lengthOf = (number: number): number => Math.min(plan.size, size - startOf(number))
  const there = new Map(held.map((part) => [part.partNumber, part.size]))
  const numbers = Array.from({ length: plan.count }, (_, index) => index + 1)
  const left = numbers.filter((number) => there.get(number) !== lengthOf(number))
  let total = left.reduce((rest, number) => rest - lengthOf(number), size)

  await within(sending.signal, ({ signal }) => {
    const inside = { ...sending, signal }
    const slotFor = createSigner(inside, id, left)
    const sendOne = (number: number): Promise<void> => {
      let own = 0
      const onSent = (bytes: number): void => {
        total += bytes - own
        own = bytes
        sending.onSent(total)
      }
      return trying(inside, async (nth) => {
        onSent(0)
        const slot = await slotFor(number, nth > 1)
        const start = startOf(number)
        const send = nth > 1 ? putFresh : putInto
        await send(slot, file.slice(start, start + slot.size), { ...inside, onSent })
        onSent(slot.size)
      })
    }
    const queue = left.values()
    const work = async (): Promise<void> => {
      for (const number of queue) await sendOne(number)
    }
    return Promise.all(Array.from({ length: sending.parallel }, work))
  })
}

/** Berth signs no more in one call. */
const MOST_PARTS_AT_ONCE = 100

/** Slots for parts, asked for a few at a time, as they are needed: their time runs. */
function createSigner({ api, signal, parallel }: Sending, id: string, left: readonly number[]) {
  const slots = new Map<number, PartSlot>()
  let asking: Promise<void> | null = null

  const ask = async (numbers: number[]): Promise<void> => {
    const body = { partNumbers: numbers }
    const answer = await api<{ parts: PartSlot[] }>('POST', `${pathOf(id)}/parts`, {
      signal,
      body,
    })
    for (const part of answer.parts) slots.set(part.partNumber, part)
  }
  return async (number: number, isFresh: boolean): Promise<PartSlot> => {
    if (isFresh) await ask([number])
    while (!slots.has(number)) {
      const first = left.indexOf(number)
      asking ??= ask(left.slice(first, first + Math.min(2 * parallel, MOST_PARTS_AT_ONCE))).finally(
        () => (asking = null),
      )
      await asking
    }
    const slot = slots.get(number) as PartSlot
    slots.delete(number)
    return slot
  }
}
