import { afterEach, beforeEach, expect, it, jest } from '@jest/globals'
import { createUploader } from '../../src/client/index.ts'
import { put, type Source } from '../../src/client/put.ts'

const page = globalThis as { process?: unknown }
const node = page.process

beforeEach(() => void jest.useFakeTimers())
afterEach(() => {
  jest.useRealTimers()
  page.process = node
})

const silent = () => new Promise<Response>(() => undefined)
const ready = { id: 'upl_1', state: 'ready' }

it.each([
  ['that never begins', silent],
  [
    'that never ends',
    () => Promise.resolve(new Response(new ReadableStream({ start: () => undefined }))),
  ],
])('an answer of Berth %s is asked for again after a minute', async (_what, first) => {
  const answers = [first, () => Promise.resolve(Response.json(ready))]
  const fetch = () => (answers.shift() ?? silent)()
  const waiting = createUploader({ baseUrl: 'http://berth', token: 'k', fetch }).wait('upl_1')
  await jest.advanceTimersByTimeAsync(59_000)
  expect(answers).toHaveLength(1)
  await jest.advanceTimersByTimeAsync(3_000)
  expect(await waiting).toEqual(ready)
  expect(jest.getTimerCount()).toBe(0)
})

it('a PUT that tells no progress has time for its size, and not for ever', async () => {
  page.process = undefined
  const body = { size: 10 * 1024 ** 2 } as Source
  const slot = { method: 'PUT', url: 'http://store/key', headers: {} }
  let isOver = false
  const way = { signal: new AbortController().signal, onSent: () => undefined, fetch: silent }
  const sending = put(slot, body, way)
    .catch((error: unknown) => error)
    .finally(() => (isOver = true))
  await jest.advanceTimersByTimeAsync(280_000)
  expect(isOver).toBe(false)
  await jest.advanceTimersByTimeAsync(5_000)
  expect(await sending).toMatchObject({ code: 'unreachable' })
})
