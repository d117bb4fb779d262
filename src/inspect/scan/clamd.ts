/** clamd by INSTREAM, over TCP or a Unix socket. One connection an object; nothing touches a disk of ours. */

import { connect, type Socket } from 'node:net'
import { scannerUnavailable } from '../../problems.ts'
import { readReply } from './clamd-reply.ts'
import type { Scanner, Scanning, ScanVerdict } from './scanner.ts'
import { selfTest } from './self-test.ts'

export type ClamdConfig = {
  /** `host:port`, or the absolute path of a socket. */
  address: string
  /** How long clamd may be silent: while it takes the stream, and while it thinks. */
  timeoutMs: number
}

const LARGEST_REPLY_BYTES = 4_096

export function createClamd(config: ClamdConfig): Scanner {
  const scanner: Scanner = {
    begin: () => begin(config),
    check: (largestBytes) => selfTest(scanner, largestBytes),
  }
  return scanner
}

async function begin(config: ClamdConfig): Promise<Scanning> {
  const socket = await open(config)
  const reply = collectReply(socket, config.timeoutMs)
  // Awaited in `end`; until then a failure must not count as unhandled.
  reply.catch(() => undefined)
  socket.write('zINSTREAM\0')
  return {
    write: (chunk) => writeChunk(socket, chunk),
    end: async (): Promise<ScanVerdict> => {
      socket.write(lengthPrefix(0))
      return readReply(await reply)
    },
    abandon: () => void socket.destroy(),
  }
}

function open({ address, timeoutMs }: ClamdConfig): Promise<Socket> {
  const [, host, port] = /^\[?([^/\]]+)\]?:(\d{1,5})$/.exec(address) ?? []
  return new Promise((resolve, reject) => {
    const socket =
      host === undefined ? connect({ path: address }) : connect({ host, port: Number(port) })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('clamd is silent')))
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => reject(scannerUnavailable(error)))
  })
}

/** Everything until clamd closes, so that an "OK" with something behind it is not taken for an OK. */
function collectReply(socket: Socket, timeoutMs: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  socket.setTimeout(timeoutMs)
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > LARGEST_REPLY_BYTES) socket.destroy(new Error('clamd says too much'))
      else chunks.push(chunk)
    })
    socket.once('end', () => resolve(Buffer.concat(chunks)))
    socket.once('error', (error) => {
      // clamd resets the connection when it stops reading; what it said before that still counts.
      if (isRefusal(chunks)) resolve(Buffer.concat(chunks))
      else reject(scannerUnavailable(error))
    })
    socket.once('close', () => reject(scannerUnavailable(new Error('clamd hung up'))))
  })
}

const isRefusal = (chunks: Buffer[]): boolean =>
  Buffer.concat(chunks).includes('size limit exceeded')

/** Past its limit clamd answers and stops reading: what is written then goes nowhere, without harm. */
async function writeChunk(socket: Socket, chunk: Buffer): Promise<void> {
  if (!socket.writable || chunk.length === 0) return
  socket.cork()
  socket.write(lengthPrefix(chunk.length))
  const flows = socket.write(chunk)
  socket.uncork()
  if (!flows) await drained(socket)
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

function lengthPrefix(length: number): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(length)
  return prefix
}
