/** Two sequences sorted by key, side by side: what one has and the other lacks shows at once. */

type Keyed = { key: string }

/** Each key of either once, with null for the side that does not have it. */
export async function* mergeByKey<Left extends Keyed, Right extends Keyed>(
  left: AsyncIterable<Left>,
  right: AsyncIterable<Right>,
): AsyncGenerator<[Left | null, Right | null]> {
  const [lefts, rights] = [reader(left), reader(right)]
  let a = await lefts()
  let b = await rights()
  while (a ?? b) {
    const takeA: boolean = a !== null && (b === null || a.key <= b.key)
    const takeB: boolean = b !== null && (a === null || b.key <= a.key)
    yield [takeA ? a : null, takeB ? b : null]
    if (takeA) a = await lefts()
    if (takeB) b = await rights()
  }
}

/** The next item, or null at the end. */
function reader<Item>(items: AsyncIterable<Item>): () => Promise<Item | null> {
  const iterator = items[Symbol.asyncIterator]()
  return async () => {
    const next = await iterator.next()
    return next.done === true ? null : next.value
  }
}
