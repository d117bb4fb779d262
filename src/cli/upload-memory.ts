/** What an interrupted `berth upload` had begun: one small file per upload, below the home folder. */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Memory } from '../client/index.ts'

/** Of this very file. Throws what the disk throws; the SDK goes on without a memory then. */
export function memoryOf(file: string): Memory {
  const folder = join(homedir(), '.berth', 'uploads')
  const pathOf = (key: string): string =>
    join(
      folder,
      createHash('sha256')
        .update(`${resolve(file)}\0${key}`)
        .digest('hex'),
    )
  return {
    getItem: (key) => readFileSync(pathOf(key), 'utf8'),
    setItem: (key, value) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(pathOf(key), value, { mode: 0o600 })
    },
    removeItem: (key) => rmSync(pathOf(key), { force: true }),
  }
}
