/** `berth upload` in a process of its own, and the JSON lines that it prints. */

import { spawn, type ChildProcess } from 'node:child_process'

type Line = {
  file: string
  event: string
  id: string
  sha256: string
  error: string
  sent: number
}

export type Ended = { code: number | null; lines: Line[]; stdout: string; stderr: string }

export type Started = { child: ChildProcess; ended: Promise<Ended> }

/**
 * @param home folder where it remembers what it has begun.
 * @param under a command that runs it, such as a terminal, with its arguments.
 */
export function runUpload(args: string[], home: string, under: string[] | null = null): Started {
  const [command = '', ...words] = under ?? [process.execPath, 'dist/main.js', 'upload', ...args]
  const env = { PATH: process.env['PATH'], HOME: home, TERM: 'xterm' }
  const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
      resolve({ code, stdout, stderr, lines: lines.map((line) => JSON.parse(line) as Line) })
    }),
  )
  return { child, ended }
}
