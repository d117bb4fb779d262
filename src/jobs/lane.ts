/** Attempts side by side: so many in all, so many per endpoint, and every endpoint in its turn. */

export type Taken = { id: string; webhook_id: string }

export type LaneSpec<Item extends Taken> = {
  width: number
  perEndpoint: number
  dueTo: (afterId: string, limit: number) => Promise<string[]>
  /** Never rejects. */
  claim: (webhookId: string, limit: number) => Promise<Item[]>
  /** Never rejects. */
  run: (item: Item) => Promise<void>
  stop: AbortSignal
}

/** After a longer attempt, the endpoint waits for its turn again. */
const QUICK_MS = 1_000

export type Lane = {
  /** Takes what is due, as far as there is room. @returns milliseconds spent on asking to whom. */
  fill: () => Promise<number>
  /** Resolves when no attempt is under way. */
  idle: () => Promise<void>
}

export function createLane<Item extends Taken>(spec: LaneSpec<Item>): Lane {
  const { width, dueTo } = spec
  const places = createPlaces(spec)
  let afterId = ''
  return {
    fill: async () => {
      if (places.areFull()) return 0
      const began = performance.now()
      const ids = await dueTo(afterId, width)
      const spentMs = performance.now() - began
      const taking: Promise<void>[] = []
      for (const id of ids) {
        if (places.areFull()) break
        taking.push(places.take(id))
        afterId = id
      }
      // Whoever comes after the last one served is next; after the last of all, the first again.
      if (ids.length < width && afterId === (ids.at(-1) ?? afterId)) afterId = ''
      await Promise.all(taking)
      return spentMs
    },
    idle: places.idle,
  }
}

function createPlaces<Item extends Taken>(spec: LaneSpec<Item>) {
  const { width, perEndpoint, claim, run, stop } = spec
  const underWay = new Map<Promise<void>, string>()
  // Asked of the records, and not yet answered.
  let reserved = 0
  const free = (): number => width - underWay.size - reserved
  const busyWith = (webhookId: string): number =>
    [...underWay.values()].filter((id) => id === webhookId).length

  /** Goes on with the same endpoint while that is quick, and nobody waits for the place. */
  const work = async (first: Item, isMore: boolean): Promise<void> => {
    for (let item: Item | undefined = first; item;) {
      const began = performance.now()
      await run(item)
      const isSlow = performance.now() - began > QUICK_MS
      if (!isMore || isSlow || stop.aborted || free() <= 0) return
      item = (await claim(item.webhook_id, 1))[0]
    }
  }
  const begin = (item: Item, isMore: boolean): void => {
    const working = work(item, isMore).finally(() => underWay.delete(working))
    underWay.set(working, item.webhook_id)
  }
  const take = async (webhookId: string): Promise<void> => {
    const room = Math.min(perEndpoint - busyWith(webhookId), free())
    if (room <= 0) return
    reserved += room
    const claimed = await claim(webhookId, room)
    reserved -= room
    for (const item of claimed) begin(item, claimed.length === room)
  }
  const idle = async (): Promise<void> => {
    await Promise.all(underWay.keys())
  }
  return { areFull: () => free() <= 0, take, idle }
}
