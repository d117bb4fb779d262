/** Servers that a test starts: on loopback, bounded in time, ended by their own process id. */

import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const cached = (name: string): string =>
  join(process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'), 'bin', name)

export type Running = { child: ChildProcess; output: () => string; end: () => Promise<void> }

/** Longer for what runs by hand. */
const LONGEST_LIFE_MS = Number(process.env['TEST_SERVER_MINUTES'] ?? 15) * 60_000

export function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Running {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    // No such program: there is nothing that could exit.
    child.once('error', (error) => {
      text += error.message
      resolve()
    })
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), LONGEST_LIFE_MS)
  deadline.unref()
  const end = async (): Promise<void> => {
    clearTimeout(deadline)
    if (isAlive(running)) child.kill('SIGKILL')
    await exited
  }
  const running = { child, output: () => text, end }
  return running
}

export const isAlive = ({ child }: Running): boolean =>
  child.exitCode === null && child.signalCode === null

/** Resolves once the check holds; asked ten times a second, for a minute at most. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const giveUpAt = Date.now() + seconds * 1000
  let reason: unknown = 'it does not hold'
  const failed = (error: unknown): boolean => {
    reason = error
    return false
  }
  while (!(await holds().catch(failed))) {
    if (Date.now() > giveUpAt) {
      throw new Error(`waited ${seconds} s in vain for ${what}: ${String(reason)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A client that retries while nobody answers. */
export async function patiently<T>(act: () => Promise<T>): Promise<T> {
  let result: T | undefined
  await until('an answer', async () => {
    result = await act()
    return true
  })
  return result as T
}

// Below those that the system gives to connections and to servers without a wish.
const PORTS = [10_000, 32_000] as const
const given = new Set<number>()

/** One that nobody uses, nor is likely to until the server that is meant to have it is started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
