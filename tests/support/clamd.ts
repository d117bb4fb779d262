/** A real clamd with one signature (the EICAR test string), and a false one that answers as a test says. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, run, until, type Running } from './processes.ts'

export const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join(''),
)

export type Clamd = { address: string; child: Running['child']; close: () => Promise<void> }

/** Null where clamd is not installed. */
function findClamd(): string | null {
  try {
    return execFileSync('sh', ['-c', 'command -v clamd']).toString().trim()
  } catch {
    return null
  }
}

/** @param streamMax clamd's StreamMaxLength. @param at the port; null: a free one. */
export async function startClamd(streamMax = '32M', at: number | null = null): Promise<Clamd> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-clamd-'))
  const port = at ?? (await freePort())
  mkdirSync(join(folder, 'db'))
  writeFileSync(
    join(folder, 'db', 'test.ndb'),
    `Eicar-Test-Signature:0:*:${EICAR.toString('hex')}\n`,
  )
  const settings = [
    `DatabaseDirectory ${folder}/db`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    `StreamMaxLength ${streamMax}`,
    'MaxFileSize 8M',
    'MaxScanSize 16M',
    'AlertExceedsMax yes',
    'AlertEncrypted yes',
    'Foreground yes',
    `TemporaryDirectory ${folder}`,
  ]
  writeFileSync(join(folder, 'clamd.conf'), settings.join('\n'))
  const running = run(findClamd() ?? 'clamd', ['-c', join(folder, 'clamd.conf')], process.env)
  const address = `127.0.0.1:${port}`
  await until(`clamd: ${running.output()}`, () => answersPing(port))
  const close = async (): Promise<void> => {
    await running.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return { address, child: running.child, close }
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => socket.write('zPING\0'))
    socket.on('data', (chunk: Buffer) => {
      resolve(chunk.toString() === 'PONG\0')
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
  })
}

export type FalseClamd = { address: string; close: () => Promise<void> }

/** @param behave what it does with a connection once the whole stream has come. */
export async function startFalseClamd(behave: (socket: Socket) => void): Promise<FalseClamd> {
  const server = createServer((socket) => {
    let got = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      if (got.subarray(-4).equals(Buffer.alloc(4))) behave(socket)
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/**
 * Stands between Berth and a real clamd; what clamd answers goes through `answer` first.
 * @param answer writes the reply as it likes, and ends the connection.
 */
export async function startRelay(
  clamd: Clamd,
  answer: (reply: string, to: Socket) => void,
): Promise<FalseClamd> {
  const [host = '', port] = clamd.address.split(':')
  const server = createServer((from) => {
    const to = connect(Number(port), host)
    let reply = ''
    from.on('error', () => to.destroy()).pipe(to)
    to.on('error', () => from.destroy())
    to.on('data', (chunk: Buffer) => (reply += chunk.toString()))
    to.on('end', () => answer(reply, from))
  })
  const own = await freePort()
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${own}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
