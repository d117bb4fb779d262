/** One upload as a client lives it, with a client's patience: what was not answered is tried again. */

import Sqlite from 'better-sqlite3'
import { call, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import type { Embedded } from '../support/embedded.ts'
import { patiently, until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { keysBelow, put } from '../support/world.ts'

export type Lane = { berth: Berth; store: Embedded }

export type Life = {
  bytes: Buffer
  contentType: string
  /** How it has to end. */
  state: 'ready' | 'rejected'
  /** What the client knows so far. */
  issued: Shown | null
  isPut: boolean
}

export const goodLife = (seed: number): Life => ({
  bytes: someBytes(20_000, seed),
  contentType: 'application/octet-stream',
  state: 'ready',
  issued: null,
  isPut: false,
})

/** Bytes of another type than they are declared to be. */
export const badLife = (): Life => ({
  bytes: Buffer.from('<html><script>alert(1)</script>'),
  contentType: 'image/png',
  state: 'rejected',
  issued: null,
  isPut: false,
})

/** From where the client is to the final state. Throws whenever Berth does not answer. */
export async function live({ berth }: Lane, life: Life): Promise<void> {
  const { bytes, contentType } = life
  const body = { filename: 'f', contentType, size: bytes.length, expiresIn: 10 }
  const issue = (): Promise<Shown> => call(berth, 'POST', '/v1/uploads', body)
  const issued = life.issued ?? (await issue())
  life.issued = issued
  const { id, slot } = issued
  if (slot && !life.isPut) {
    const status = await put(slot, bytes)
    if (status !== 200) throw new Error(`PUT answered ${status}`)
    life.isPut = true
  }
  const { state, object } = await untilFinal(berth, id)
  const found = [state, object?.sha256]
  const expected = [life.state, life.state === 'ready' ? sha256Of(bytes) : undefined]
  if (String(found) !== String(expected)) throw new WrongEnd(`${id}: ${String(found)}`)
}

/** Not to be waited for: a final state is final. */
class WrongEnd extends Error {}

/** The rest of a life, across a restart. */
export const liveOn = async (lane: Lane, life: Life): Promise<void> => {
  const wrong = await patiently(() =>
    live(lane, life).then(
      () => null,
      (error: unknown) => {
        if (error instanceof WrongEnd) return error
        throw error
      },
    ),
  )
  if (wrong) throw wrong
}

/** As if `landBy` of what has ended were over. */
export function passTime(databaseFile: string): void {
  const database = new Sqlite(databaseFile, { timeout: 5_000 })
  database
    .prepare(
      `update uploads set staging_due_at = 0 where staging_due_at is not null and state in ('ready', 'rejected')`,
    )
    .run()
  database.close()
}

export const untilSwept = ({ store }: Lane): Promise<void> =>
  until(
    'the staging objects to be gone',
    async () => (await keysBelow(store, 'staging/')).length === 0,
    20,
  )
