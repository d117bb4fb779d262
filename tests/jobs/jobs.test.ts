import { describe, expect, it } from '@jest/globals'
import { every } from '../../src/jobs/every.ts'
import { startWorkers } from '../../src/jobs/workers.ts'
import { until } from '../support/processes.ts'

const HOUR_MS = 3_600_000
const quiet = (): void => undefined

describe('every', () => {
  it('never overlaps itself, and runs once more when woken meanwhile', async () => {
    let running = 0
    let most = 0
    let runs = 0
    const run = async (): Promise<number> => {
      running += 1
      most = Math.max(most, running)
      runs += 1
      await new Promise(setImmediate)
      running -= 1
      return 0
    }
    const job = every({ name: 'j', intervalMs: HOUR_MS, batch: 1, run }, quiet)
    await until('the first run', () => Promise.resolve(runs > 0))
    for (let wakes = 0; wakes < 10; wakes += 1) job.wake()
    await until('another run', () => Promise.resolve(runs > 1))
    await job.stop()
    expect(most).toBe(1)
    expect(runs).toBeLessThanOrEqual(4)
  })

  it('goes on at once while batches are full, and outlives a failure', async () => {
    const results: (number | Error)[] = [2, 2, 1]
    const said: string[] = []
    let runs = 0
    const run = (): Promise<number> => {
      runs += 1
      const result = results.shift() ?? new Error('broken')
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result)
    }
    const job = every({ name: 'j', intervalMs: HOUR_MS, batch: 2, run }, (event) =>
      said.push(event),
    )
    await until('three runs', () => Promise.resolve(runs === 3))
    await new Promise(setImmediate)
    job.wake()
    await until('the failure', () => Promise.resolve(said.length > 0))
    await job.stop()
    expect([runs, said]).toEqual([4, ['job.failed']])
  })
})

describe('startWorkers', () => {
  it('keeps at most so many going, does each once, and hands the rest out as hands get free', async () => {
    const queue = Array.from({ length: 20 }, (_, id) => ({ id: String(id), tenant: 't' }))
    const done: string[] = []
    let most = 0
    let busy = 0
    const workers = startWorkers(
      {
        name: 'w',
        concurrency: 3,
        perTenant: 3,
        lookAhead: 2,
        pollMs: HOUR_MS,
        next: (limit) => Promise.resolve(queue.slice(0, limit)),
        run: async (item) => {
          busy += 1
          most = Math.max(most, busy)
          await new Promise(setImmediate)
          queue.splice(queue.indexOf(item), 1)
          done.push(item.id)
          busy -= 1
        },
      },
      quiet,
    )
    await until('all to be done', () => Promise.resolve(queue.length === 0))
    await workers.stop()
    expect(most).toBe(3)
    expect(done.sort()).toEqual([...new Set(done)].sort())
    expect(done).toHaveLength(20)
  })

  it('tells those at work to stop, and waits for them', async () => {
    let stopped = false
    const workers = startWorkers(
      {
        name: 'w',
        concurrency: 1,
        perTenant: 1,
        lookAhead: 2,
        pollMs: HOUR_MS,
        next: () => Promise.resolve([{ id: 'a', tenant: 't' }]),
        run: (_item, stop) =>
          new Promise((resolve) => {
            stop.addEventListener('abort', () => {
              stopped = true
              resolve()
            })
          }),
      },
      quiet,
    )
    await new Promise(setImmediate)
    await workers.stop()
    expect(stopped).toBe(true)
  })

  it('asks again soon after an answer that took long, and never once it has stopped', async () => {
    const asked: number[] = []
    let answer = (): void => undefined
    const workers = startWorkers(
      {
        name: 'w',
        concurrency: 1,
        perTenant: 1,
        lookAhead: 2,
        pollMs: 20,
        next: () => {
          asked.push(performance.now())
          return new Promise<never[]>((resolve) => (answer = () => resolve([])))
        },
        run: () => Promise.resolve(),
      },
      quiet,
    )
    await new Promise((resolve) => setTimeout(resolve, 400))
    answer()
    const answeredAt = performance.now()
    await until('the next question', () => Promise.resolve(asked.length === 2))
    expect((asked[1] ?? NaN) - answeredAt).toBeLessThan(2_000)
    workers.wake()
    await workers.stop()
    answer()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(asked).toHaveLength(2)
  })
})
