/** What a process holds in memory, asked of the kernel: a question to Berth would take of its time. */

import { readFileSync } from 'node:fs'

/** @returns its resident set, in MiB. */
export function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}
