import { expect, it } from '@jest/globals'
import { startDispatcher } from '../../src/jobs/dispatch.ts'
import { until } from '../support/processes.ts'

type Item = { id: string; webhook_id: string }

const quiet = (): void => undefined

/** Queues by endpoint; `slow` ones never end before the stop. */
function createQueues(queues: Record<string, number>, slow: readonly string[]) {
  const left = new Map(Object.entries(queues))
  const busy = new Map<string, number>()
  const most = new Map<string, number>()
  const done = new Map<string, number>()
  const run = async ({ webhook_id: to }: Item, stop: AbortSignal): Promise<void> => {
    busy.set(to, (busy.get(to) ?? 0) + 1)
    most.set(to, Math.max(most.get(to) ?? 0, busy.get(to) ?? 0))
    if (slow.includes(to)) {
      await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    } else {
      await new Promise(setImmediate)
      done.set(to, (done.get(to) ?? 0) + 1)
    }
    busy.set(to, (busy.get(to) ?? 0) - 1)
  }
  const spec = (concurrency: number) => ({
    concurrency,
    isDue: () => Promise.resolve(true),
    dueTo: ({
      isSuspect,
      afterId,
      limit,
    }: {
      isSuspect: boolean
      afterId: string
      limit: number
    }) =>
      Promise.resolve(
        isSuspect
          ? []
          : [...left.keys()]
              .filter((id) => id > afterId && (left.get(id) ?? 0) > 0)
              .sort()
              .slice(0, limit),
      ),
    claim: (to: string, limit: number) => {
      const taken = Math.min(limit, left.get(to) ?? 0)
      left.set(to, (left.get(to) ?? 0) - taken)
      return Promise.resolve(
        Array.from({ length: taken }, (_, nth) => ({ id: `${to}-${nth}`, webhook_id: to })),
      )
    },
    run,
  })
  return { spec, most, done }
}

it('an endpoint that hangs holds eight places at most, and everybody else is served', async () => {
  const others = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [`b${nth}`, 30]))
  const { spec, most, done } = createQueues({ a: 1_000, ...others }, ['a'])
  const dispatcher = startDispatcher(spec(40), quiet)
  await until('all others', () =>
    Promise.resolve(Object.keys(others).every((id) => done.get(id) === 30)),
  )
  expect(most.get('a')).toBe(8)
  await dispatcher.stop()
}, 60_000)

it('goes on after a claim or a look that failed', async () => {
  const { spec, done } = createQueues({ a: 5 }, [])
  const usual = spec(10)
  const said: string[] = []
  let nth = 0
  const claim = (to: string, limit: number): Promise<Item[]> => {
    nth += 1
    return nth === 1 ? Promise.reject(new Error('away')) : usual.claim(to, limit)
  }
  const dispatcher = startDispatcher({ ...usual, claim }, (event) => said.push(event))
  await until('the rest', () => Promise.resolve(done.get('a') === 5))
  await dispatcher.stop()
  expect(said).toEqual(['job.failed'])
})
