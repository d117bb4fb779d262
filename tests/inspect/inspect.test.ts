import { describe, expect, it } from '@jest/globals'
import { Readable } from 'node:stream'
import { inspect, type InspectDeps, type Pass } from '../../src/inspect/inspect.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'

const deps: InspectDeps = { detect: () => Promise.resolve(null), scanner: null, idleMs: 50 }
const unavailable = { fields: { slug: 'storage-unavailable' } }

const passOver = (body: Readable, change: Partial<Pass> = {}): Pass => ({
  body,
  contentLength: 100,
  scan: false,
  signal: new AbortController().signal,
  ...change,
})

describe('inspect', () => {
  it('tells length and SHA-256 of a stream, however it is cut', async () => {
    const bytes = someBytes(100)
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 99), bytes.subarray(99)]
    expect(await inspect(deps, passOver(Readable.from(pieces)))).toMatchObject({
      size: 100,
      sha256: sha256Of(bytes),
    })
  })

  it('gives up a stream that stalls, and destroys it', async () => {
    const stalled = new Readable({ read: () => undefined })
    stalled.push(someBytes(10))
    await expect(inspect(deps, passOver(stalled))).rejects.toMatchObject(unavailable)
    expect(stalled.destroyed).toBe(true)
  })

  it('does not blame the stream for a scanner that takes its time', async () => {
    const slow = {
      begin: () =>
        Promise.resolve({
          write: () => new Promise<void>((resolve) => setTimeout(resolve, 120)),
          end: () => Promise.resolve({ outcome: 'clean' as const }),
          abandon: () => undefined,
        }),
    }
    const pass = passOver(Readable.from([someBytes(100)]), { scan: true })
    expect(await inspect({ ...deps, scanner: slow }, pass)).toMatchObject({
      scan: { outcome: 'clean' },
    })
  })

  it.each([99, 101])(
    'takes a stream of 100 bytes that announced %d for a fault',
    async (contentLength) => {
      const pass = passOver(Readable.from([someBytes(100)]), { contentLength })
      await expect(inspect(deps, pass)).rejects.toMatchObject(unavailable)
    },
  )

  it('ends when the attempt is called off', async () => {
    const off = new AbortController()
    const stalled = new Readable({ read: () => undefined })
    const inspecting = inspect(
      { ...deps, idleMs: 60_000 },
      passOver(stalled, { signal: off.signal }),
    )
    off.abort()
    await expect(inspecting).rejects.toMatchObject(unavailable)
  })
})
