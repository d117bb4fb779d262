/** An online copy of a SQLite database: whole, checked and on disk before it gets its name. */

import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'

/** All pages in one step, as a step is one snapshot: between steps, a busy writer would restart the copy. */
const ALL_PAGES = 0x7fffffff

/** @returns the bytes of the copy. Throws when `file` exists, or when the copy is not sound. */
export async function backupSqlite(database: string, file: string): Promise<number> {
  if (!existsSync(database)) throw new Error(`there is no database at ${database}`)
  if (existsSync(file)) throw new Error(`${file} exists, and a backup never overwrites`)
  const partial = `${file}.${process.pid}.partial`
  try {
    await copy(database, partial)
    prepare(partial)
    const bytes = await sync(partial)
    // Fails if somebody made the file meanwhile; a rename alone would replace it.
    await (await open(file, 'wx')).close()
    await rename(partial, file)
    await sync(dirname(file))
    return bytes
  } finally {
    for (const rest of ['', '-wal', '-shm', '-journal']) await rm(partial + rest, { force: true })
  }
}

async function copy(database: string, to: string): Promise<void> {
  const source = new Sqlite(database, { readonly: true, fileMustExist: true })
  try {
    await source.backup(to, { progress: () => ALL_PAGES })
  } finally {
    source.close()
  }
}

function prepare(file: string): void {
  const copied = new Sqlite(file)
  try {
    // One file that holds everything; Berth sets its own mode again when it opens it.
    copied.pragma('journal_mode = DELETE')
    assertSound(copied)
    forgetCollections(copied)
  } finally {
    copied.close()
  }
}

function assertSound(copied: Sqlite.Database): void {
  const found = copied.pragma('integrity_check', { simple: true })
  if (found !== 'ok') throw new Error(`the copy is not sound: ${String(found)}`)
  const broken = copied.pragma('foreign_key_check') as unknown[]
  if (broken.length > 0)
    throw new Error(`the copy is not sound: ${broken.length} rows refer to none`)
}

/**
 * A sealed copy whose attempt was under way may have become a ready object since. Restored records
 * must not collect it at once: without its claim it is an orphan, and has its whole grace.
 */
function forgetCollections(copied: Sqlite.Database): void {
  copied.exec('begin; delete from claims; delete from orphans; delete from walks; commit')
}

/** @returns the size in bytes. */
async function sync(path: string): Promise<number> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}
