/** Faults at chosen system calls of a running program, by strace: no hook in the program itself. */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../support/processes.ts'

/** The nth time that any one thread enters this call. */
export type Point = { call: string; nth: number }

export type Tracer = { detach: () => Promise<void> }

/** How strace names a fault: `signal=SIGKILL:when=3`, `error=EIO:when=2+`. */
const inject = (call: string, fault: string): string[] => [
  '-e',
  `trace=${call}`,
  '-e',
  `inject=${call}:${fault}`,
]

export const killAt = ({ call, nth }: Point): string[] => inject(call, `signal=SIGKILL:when=${nth}`)

/** To start a program under: it stays the direct child, the tracer stands aside. */
export const fromStart = (fault: string[], output = '/dev/null'): string[] => [
  'strace',
  '-D',
  '-f',
  '-qq',
  '-o',
  output,
  ...fault,
]

export const failing = (call: string, error: string, from: number): string[] =>
  inject(call, `error=${error}:when=${from}+`)

/** Traces a process that runs already; resolves once all its threads are held. */
export async function attach(pid: number, args: string[], output = '/dev/null'): Promise<Tracer> {
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-o', output, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  tracer.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const exited = new Promise<void>((resolve) => tracer.once('exit', () => resolve()))
  await until(`strace: ${said}`, () => Promise.resolve(/attached/.test(said)), 10)
  return {
    detach: async () => {
      tracer.kill('SIGTERM')
      // With the process killed, strace may wait for a thread of it that is no more.
      const stuck = setTimeout(() => tracer.kill('SIGKILL'), 500)
      await exited
      clearTimeout(stuck)
    },
  }
}

/** Ends whoever traces this process: until then not even its parent hears of its death. */
export function release(pid: number): void {
  const status = existsSync(`/proc/${pid}/status`)
    ? readFileSync(`/proc/${pid}/status`, 'utf8')
    : ''
  const tracer = Number(/^TracerPid:\t(\d+)/m.exec(status)?.[1] ?? 0)
  if (tracer > 0) process.kill(tracer, 'SIGKILL')
}

/** How often the main thread makes each call meanwhile. */
export async function countCalls(pid: number, act: () => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-strace-'))
  const output = join(folder, 'calls')
  const tracer = await attach(pid, [], output)
  await act()
  await tracer.detach()
  const counts = countIn(readFileSync(output, 'utf8'), pid)
  rmSync(folder, { recursive: true })
  return counts
}

export function countIn(trace: string, pid: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of trace.split('\n')) {
    const [, thread, call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (Number(thread) === pid) counts.set(call, (counts.get(call) ?? 0) + 1)
  }
  return counts
}
