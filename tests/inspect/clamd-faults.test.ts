import { afterEach, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { createClamd } from '../../src/inspect/scan/clamd.ts'
import { createFitScanner } from '../../src/inspect/scan/fit-scanner.ts'
import { startFalseClamd, type FalseClamd } from '../support/clamd.ts'

let clamd: FalseClamd | null = null
afterEach(() => clamd?.close())

async function scan(behave: (socket: Socket) => void) {
  clamd = await startFalseClamd(behave)
  const scanning = await createClamd({ address: clamd.address, timeoutMs: 200 }).begin()
  await scanning.write(Buffer.from('some bytes'))
  return scanning.end()
}

describe('a clamd that misbehaves', () => {
  it('is understood when its answer comes in pieces', async () => {
    const verdict = await scan((socket) => {
      socket.write('stre')
      setImmediate(() => {
        socket.write('am: ')
        setImmediate(() => socket.end('OK\0'))
      })
    })
    expect(verdict).toEqual({ outcome: 'clean' })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['answers OK and then FOUND', (socket) => socket.end('stream: OK\0stream: Eicar FOUND\0')],
    ['answers OK without the end of it', (socket) => socket.end('stream: OK')],
    ['hangs up without an answer', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    [
      'resets it after half an answer',
      (socket) => socket.write('stream: O', () => socket.resetAndDestroy()),
    ],
    ['never answers', () => undefined],
    ['answers OK and never closes', (socket) => socket.write('stream: OK\0')],
    ['talks without end', (socket) => socket.write('x'.repeat(10_000))],
  ])('is no verdict when it %s', async (_what, behave) => {
    await expect(scan(behave)).rejects.toMatchObject({ fields: { slug: 'scanner-unavailable' } })
  })

  it('is no verdict when nobody is there', async () => {
    const nobody = createClamd({ address: '127.0.0.1:1', timeoutMs: 200 })
    await expect(nobody.begin()).rejects.toMatchObject({ fields: { slug: 'scanner-unavailable' } })
  })

  it('fails its self-test when it calls everything clean, and is then not used', async () => {
    clamd = await startFalseClamd((socket) => socket.end('stream: OK\0'))
    const fit = createFitScanner(createClamd({ address: clamd.address, timeoutMs: 200 }), 100)
    await expect(fit.begin()).rejects.toMatchObject({ fields: { slug: 'scanner-unavailable' } })
    await expect(fit.check()).rejects.toMatchObject({ cause: { message: /does not find/ } })
    expect(fit.isFit()).toBe(false)
    await expect(fit.begin()).rejects.toMatchObject({ fields: { slug: 'scanner-unavailable' } })
  })
})
