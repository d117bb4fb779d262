/** Those who ask for the same thing in one turn of the event loop share one answer. */

/**
 * @param ask is called once the turn is over, so the answer is never older than the question.
 * @returns the same answer to everybody who asks with this name in this turn.
 */
export function askedTogether<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  let asked = new Map<string, Promise<T>>()
  let turn: Promise<void> | null = null
  const endOfTurn = (): Promise<void> =>
    (turn ??= new Promise((resolve) => {
      setImmediate(() => {
        asked = new Map()
        turn = null
        resolve()
      })
    }))
  return (name) => {
    const answer = asked.get(name) ?? endOfTurn().then(() => ask(name))
    asked.set(name, answer)
    return answer
  }
}
