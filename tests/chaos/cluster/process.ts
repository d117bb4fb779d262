/** A server process of the run: logs to a file, is signalled by its own id, never outlives the run. */

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

export type Process = {
  isRunning: () => boolean
  signal: (name: NodeJS.Signals) => void
  /** How it ended: its exit code, or null when a signal did it. */
  ended: Promise<number | null>
  /** kill -9, and waits for it. */
  kill: () => Promise<void>
}

export type Launch = { command: string; args: string[]; env: NodeJS.ProcessEnv; log: string }

const living = new Set<() => void>()

/** Nothing outlives the run, also when it is ended half-way. */
export function endWithTheRun(end: () => void): void {
  living.add(end)
}

export function watchForTheEnd(): void {
  process.on('exit', () => {
    for (const end of living) end()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
}

export function launch({ command, args, env, log }: Launch): Process {
  const output = openSync(log, 'a')
  const child = spawn(command, args, { env, stdio: ['ignore', output, output] })
  closeSync(output)
  const end = (): void => void child.kill('SIGKILL')
  living.add(end)
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('exit', resolve)
  }).finally(() => living.delete(end))
  return {
    isRunning: () =>
      child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    signal: (name) => void child.kill(name),
    ended,
    kill: async () => {
      end()
      await ended
    },
  }
}
