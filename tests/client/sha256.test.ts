import { expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { createSha256, sha256Of } from '../../src/client/sha256.ts'
import { someBytes, sha256Of as expected } from '../support/uploads.ts'

const signal = new AbortController().signal

it('agrees with node:crypto at every length around the edges of a block', () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = someBytes(length, length)
    const hash = createSha256()
    hash.update(bytes)
    const digest = Buffer.from(hash.digest()).toString('hex')
    expect([length, digest]).toEqual([length, createHash('sha256').update(bytes).digest('hex')])
  }
})

it('of a large file is read in pieces, and told as it goes', async () => {
  const bytes = someBytes(17 * 1024 ** 2 + 5)
  const read: number[] = []
  const hash = await sha256Of(new Blob([new Uint8Array(bytes)]), {
    signal,
    onRead: (at) => void read.push(at),
  })
  expect(hash).toBe(expected(bytes))
  expect(read).toHaveLength(5)
  expect(read.at(-1)).toBe(bytes.length)
})

it('is broken off by the signal', async () => {
  const file = new Blob([new Uint8Array(17 * 1024 ** 2)])
  const aborted = AbortSignal.abort(new Error('enough'))
  await expect(sha256Of(file, { signal: aborted, onRead: () => undefined })).rejects.toThrow(
    'enough',
  )
})
