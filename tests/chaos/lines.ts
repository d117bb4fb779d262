/** NDJSON files: one value a line. */

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'

export type Lines = { write: (value: unknown) => void; close: () => void }

export function openLines(path: string): Lines {
  const file = openSync(path, 'w')
  return {
    write: (value) => void writeSync(file, `${JSON.stringify(value)}\n`),
    close: () => closeSync(file),
  }
}

export function writeLines(path: string, values: readonly unknown[]): void {
  writeFileSync(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}
