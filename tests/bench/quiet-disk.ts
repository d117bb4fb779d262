/** Waits until the disk has done what it was left with, so that no bench pays for the one before. */

import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const QUICK_MS = 10
const IN_A_ROW = 100
const PAUSE_MS = 10
const PATIENCE_MS = 60_000
const BLOCK = Buffer.alloc(4096, 1)

/**
 * Resolves after a second of fsyncs that took less than 10 ms each. A file system that discards what
 * was deleted goes on with it after `sync` has returned, and holds up everybody's fsync meanwhile.
 * A disk that is never quiet is measured as it is, after a minute.
 */
export async function quietDisk(): Promise<void> {
  execFileSync('sync')
  const folder = mkdtempSync(join(tmpdir(), 'berth-quiet-'))
  const file = openSync(join(folder, 'probe'), 'w')
  const giveUpAt = performance.now() + PATIENCE_MS
  for (let quick = 0; quick < IN_A_ROW && performance.now() < giveUpAt;) {
    quick = fsyncMs(file) < QUICK_MS ? quick + 1 : 0
    await pause(PAUSE_MS)
  }
  if (performance.now() >= giveUpAt) process.stdout.write('  the disk is not quiet\n')
  closeSync(file)
  rmSync(folder, { recursive: true })
}

function fsyncMs(file: number): number {
  const before = performance.now()
  writeSync(file, BLOCK, 0, BLOCK.length, 0)
  fsyncSync(file)
  return performance.now() - before
}
