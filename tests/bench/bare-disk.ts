/** What the disk does by itself, to tell its stalls from Berth's. */

import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

// About what a small commit writes.
const PAGES = Buffer.alloc(16 * 4096, 1)

/** Appends with an fsync each, sent on time as far as the one before is done. @returns milliseconds from when each was due. */
export async function appendsAt(perSecond: number, seconds: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-disk-'))
  const file = openSync(join(folder, 'log'), 'a')
  const startedAt = performance.now()
  const times: number[] = []
  for (let nth = 0; nth < perSecond * seconds; nth += 1) {
    const due = startedAt + (nth * 1000) / perSecond
    const dueIn = due - performance.now()
    if (dueIn > 0) await pause(dueIn)
    writeSync(file, PAGES)
    fsyncSync(file)
    times.push(performance.now() - due)
  }
  closeSync(file)
  rmSync(folder, { recursive: true })
  return times
}
