/** Releases that do not exist yet: this one with one migration more, which it writes to, or which takes something away. */

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Release } from './release.ts'

/** A column that the planted release fills, an index, and a table of its own. */
export const EXPANSION = '0990-planted-expansion'
const EXPANDING = [
  `alter table uploads add column planted_note text`,
  `create index uploads_by_planted_note on uploads (planted_note) where planted_note is not null`,
  `create table planted (id text primary key)`,
]

/** Takes away what only the release before the planted one had. */
export const CONTRACTION = '0991-planted-contraction'
const CONTRACTING = [`drop table planted`]

export function plantExpanding(from: Release, folder: string): Release {
  const release = copyOf(from, folder, '99.0.0')
  addMigration(release, EXPANSION, EXPANDING, `{ kind: 'expanding' }`)
  const row = join(folder, 'dist/store/upload-row.js')
  const note = `planted_note: 'by the next release',`
  edit(row, 'traceparent: upload.traceparent,', `traceparent: upload.traceparent, ${note}`)
  return { ...release, name: 'the next release' }
}

/** Needs whoever runs on it to know the expansion. */
export function plantContracting(from: Release, folder: string): Release {
  const release = copyOf(from, folder, '99.1.0')
  addMigration(release, CONTRACTION, CONTRACTING, `{ kind: 'contracting', since: '${EXPANSION}' }`)
  return { ...release, name: 'the release after it' }
}

function copyOf(from: Release, folder: string, version: string): Release {
  for (const part of ['dist', 'package.json']) {
    cpSync(join(from.folder, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(from.folder, 'node_modules'), join(folder, 'node_modules'))
  edit(join(folder, 'package.json'), /"version": "[^"]+"/, `"version": "${version}"`)
  return { name: version, folder }
}

function addMigration({ folder }: Release, name: string, statements: string[], step: string): void {
  const list = join(folder, 'dist/store/migrations.js')
  const up = `async (db) => { for (const text of ${JSON.stringify(statements)}) await sql.raw(text).execute(db) }`
  edit(
    list,
    /const DECLARED = \{/,
    `const DECLARED = {\n    '${name}': { up: ${up}, step: ${step} },`,
  )
  const text = readFileSync(list, 'utf8')
  if (!text.includes(`import { sql } from 'kysely'`)) {
    writeFileSync(list, `import { sql } from 'kysely'\n${text}`)
  }
}

function edit(file: string, was: string | RegExp, is: string): void {
  const text = readFileSync(file, 'utf8')
  const changed = text.replace(was, () => is)
  if (changed === text) throw new Error(`${file} does not hold ${String(was)}`)
  writeFileSync(file, changed)
}
