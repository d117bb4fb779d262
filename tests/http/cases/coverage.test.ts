import { expect, it } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The numbered rows of hostile input, by section. A test's title begins with the rows it holds. */
const SECTIONS: Record<string, { about: string; rows: number[] }> = {
  A: {
    about: 'HTTP',
    rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27],
  },
  B: { about: 'JSON bodies', rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16] },
  C: {
    about: 'slot fields',
    rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27, 28, 30, 31, 33],
  },
  D: { about: 'file names', rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16] },
  E: { about: 'idempotency', rows: [1, 3, 4, 6, 7, 9, 10, 12, 13] },
  F: { about: 'who may do what', rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16] },
  G: {
    about: 'event intake',
    rows: [
      1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27, 28, 30, 31, 33, 34, 36, 37,
    ],
  },
  I: { about: 'lifecycle calls', rows: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] },
  J: { about: 'webhook endpoints', rows: [1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16] },
}

const FOLDERS = ['tests/http', 'tests/events', 'tests/webhooks', 'tests/broker']
const TITLE = /['"`]((?:[A-J]\d{1,2} )+)/g

function heldIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(TITLE)])
    .flatMap(([, rows]) => (rows ?? '').trim().split(' '))
}

const held = new Set(FOLDERS.flatMap(heldIn))

it.each(Object.entries(SECTIONS))(
  'every row of section %s has a test by its number',
  (section, { about, rows }) => {
    const names = rows.map((row) => `${section}${row}`)
    const missing = names.filter((name) => !held.has(name))
    process.stdout.write(
      `hostile input, ${section} (${about}): ${names.length - missing.length} of ${names.length} rows\n`,
    )
    expect(missing).toEqual([])
  },
)
