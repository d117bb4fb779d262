/** The stand's calls, as a scene makes them. */

import type { Stand } from './scenarios.ts'

export function standAt(url: string): Stand {
  const call =
    <T>(name: keyof Stand) =>
    async (told: unknown): Promise<T> => {
      const answer = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(told) })
      return (await answer.json()) as T
    }
  return { arm: call('arm'), puts: call('puts'), left: call('left'), webhook: call('webhook') }
}
