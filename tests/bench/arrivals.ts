/** Whole uploads by a client in a process of its own, and when each of them became ready. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Sqlite from 'better-sqlite3'
import type { Berth } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { PEERS } from './contenders.ts'

export type Uploads = { bytes: number; uploads: number } & (
  { width: number } | { perSecond: number }
)

export type Arrivals = {
  /** Milliseconds from the PUT's answer to ready, each upload. */
  waits: number[]
  /** From the first request until the last is ready. */
  perSecond: number
}

export async function sendUploads(berth: Berth, spec: Uploads): Promise<Arrivals> {
  const { url, key, databaseFile } = berth
  const began = Date.now()
  const asked = JSON.stringify({ url, key, ...spec })
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(PEERS, 'uploads.mjs'), asked],
    { maxBuffer: 2 ** 26 },
  )
  const sent = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [id: string, at: number])
  const ready = await readyTimes(databaseFile, new Set(sent.map(([id]) => id)))
  const waits = sent.map(([id, at]) => Math.max(0, (ready.get(id) ?? NaN) - at))
  return { waits, perSecond: (sent.length * 1000) / (Math.max(...ready.values()) - began) }
}

/** As the history says; the clock is this machine's, as the client's is. */
async function readyTimes(file: string, ids: ReadonlySet<string>): Promise<Map<string, number>> {
  const database = new Sqlite(file, { readonly: true })
  const statement = database.prepare<[], { upload_id: string; at: number }>(
    "select upload_id, at from transitions where state = 'ready'",
  )
  let ready = new Map<string, number>()
  await until('every upload to be ready', () => {
    const rows = statement.all().filter(({ upload_id: id }) => ids.has(id))
    ready = new Map(rows.map(({ upload_id: id, at }) => [id, at]))
    return Promise.resolve(ready.size === ids.size)
  })
  database.close()
  return ready
}
