import { expect, it } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { inTime, type Bounds } from '../../src/bucket/in-time.ts'

const forEver = ({ abortSignal }: Bounds): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => reject(new Error('aborted'))
    abortSignal.addEventListener('abort', end)
    if (abortSignal.aborted) end()
  })

it('a call of the store that takes too long is cut off', async () => {
  await expect(inTime(forEver, { most: 20 })).rejects.toThrow('aborted')
})

it('a call of the store ends with the wish for its answer', async () => {
  const caller = new AbortController()
  const calling = inTime(forEver, { signal: caller.signal })
  caller.abort()
  await expect(calling).rejects.toThrow('aborted')
  await expect(inTime(forEver, { signal: caller.signal })).rejects.toThrow('aborted')
})

it('a call of the store that is answered is never aborted, and leaves nothing behind', async () => {
  const caller = new AbortController()
  const { abortSignal } = await inTime((bounds) => Promise.resolve(bounds), {
    most: 20,
    signal: caller.signal,
  })
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  caller.abort()
  expect(abortSignal.aborted).toBe(false)
})
