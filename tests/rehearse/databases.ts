/** The databases that a rehearsal runs on: one with real rows, and copies of it to try things on. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../support/postgres.ts'
import { command, type Release } from './release.ts'

export type Rehearsed = {
  name: string
  url: string
  /** While nobody serves on it. @returns the address of the copy. */
  copy: (release: Release, env: NodeJS.ProcessEnv) => Promise<string>
  close: () => Promise<void>
}

export function onSqlite(): Promise<Rehearsed> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-rehearsal-'))
  const file = join(folder, 'copy.db')
  return Promise.resolve({
    name: 'SQLite',
    url: `file:${join(folder, 'berth.db')}`,
    copy: async (release, env) => {
      const { code, stderr } = await command(release, ['backup', file], env)
      if (code !== 0) throw new Error(stderr)
      return `file:${file}`
    },
    close: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  })
}

export async function onPostgres(): Promise<Rehearsed> {
  const postgres = await startPostgres()
  const url = await postgres.newDatabase()
  return {
    name: 'PostgreSQL',
    url,
    copy: async () => {
      const copied = new URL(url)
      const original = copied.pathname.slice(1)
      const client = new pg.Client({ connectionString: url.replace(/\/[^/]+$/, '/postgres') })
      await client.connect()
      await client.query(`create database rehearsal template ${original}`)
      await client.end()
      copied.pathname = '/rehearsal'
      return copied.href
    },
    close: postgres.close,
  }
}
