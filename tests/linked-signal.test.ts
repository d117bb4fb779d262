import { expect, it } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { linkedTo } from '../src/linked-signal.ts'

it('a linked signal ends with its source, or by itself, and the source never with it', () => {
  const source = new AbortController()
  const [one, two] = [linkedTo(source.signal), linkedTo(source.signal)]
  one.abort()
  expect([one.signal.aborted, two.signal.aborted, source.signal.aborted]).toEqual([
    true,
    false,
    false,
  ])
  source.abort()
  expect(two.signal.aborted).toBe(true)
  expect(linkedTo(source.signal).signal.aborted).toBe(true)
})

it('a linked signal that is released leaves nothing behind in its source', () => {
  const source = new AbortController()
  for (let nth = 0; nth < 100; nth += 1) {
    const { abort, release } = linkedTo(source.signal)
    release()
    if (nth % 2 === 0) abort()
  }
  expect(getEventListeners(source.signal, 'abort')).toEqual([])
})
