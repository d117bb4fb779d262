/** What Berth stands on besides the bucket: the records and the scanner. */

import { existsSync } from 'node:fs'
import type { Finding } from '../../bucket/doctor/finding.ts'
import type { Config, DatabaseConfig } from '../../config.ts'
import { createClamd } from '../../inspect/scan/clamd.ts'
import type { Profiles } from '../../profiles.ts'
import { UnusableDatabase } from '../../store/engine.ts'
import { openStore, type Store } from '../../store/store.ts'

export type Records = {
  /** Null: they cannot be used, or are not there yet. */
  store: Store | null
  finding: Finding
}

const TOLERATED_MS = 2_000

/** Never changes the schema: that is for `berth migrate`, or the start of `berth serve`. */
export async function examineRecords(database: DatabaseConfig): Promise<Records> {
  const { url, poolSize } = database
  const row = { check: 'database', tried: 'to read the records, and the schema' }
  const file = url.startsWith('file:') ? url.slice('file:'.length) : null
  if (file !== null && !existsSync(file)) {
    const means =
      'berth serve makes it at its start; only what the bucket enforces cannot be kept yet.'
    return {
      store: null,
      finding: { ...row, outcome: 'holds', found: 'no file yet', means, mend: null },
    }
  }
  let skewMs = 0
  let store: Store | null = null
  try {
    const clockSkew = (milliseconds: number): void => void (skewMs = milliseconds)
    store = openStore(url, { poolSize, report: { clockSkew } })
    await store.ping()
    await store.prepare({ migrate: false })
  } catch (error) {
    await store?.close()
    return { store: null, finding: { ...row, ...unusable(error, database) } }
  }
  return { store, finding: { ...row, ...judgeClock(skewMs) } }
}

type Judgement = Omit<Finding, 'check' | 'tried'>

function unusable(error: unknown, { migrateOnStart }: DatabaseConfig): Judgement {
  const found = messageOf(error)
  const mend = 'Check DATABASE_URL and the database; for a schema that is behind: berth migrate.'
  if (migrateOnStart && error instanceof UnusableDatabase && /lacks/.test(found)) {
    const means = 'berth serve brings the schema up to date at its start.'
    return { outcome: 'weaker', found, means, mend }
  }
  const means = 'Every call is answered 503, or berth serve does not start.'
  return { outcome: 'broken', found, means, mend }
}

function judgeClock(skewMs: number): Judgement {
  if (Math.abs(skewMs) <= TOLERATED_MS) {
    const means = 'Records are kept.'
    return { outcome: 'holds', found: 'they answer, the schema fits', means, mend: null }
  }
  return {
    outcome: 'weaker',
    found: `they answer, and this machine's clock is ${Math.round(skewMs / 1000)} s off theirs`,
    means: "Leases and deadlines use the database's time; only the times in the log are wrong.",
    mend: 'Keep both clocks right by NTP.',
  }
}

/** A real clamd: does it find what it has to find, and take objects as large as the profiles let in? */
export async function examineScanner({ scanners }: Config, profiles: Profiles): Promise<Finding[]> {
  if (!scanners.clamd) return []
  const scanned = [...profiles.values()].filter(({ scan }) => scan === 'required')
  const largest = Math.max(0, ...scanned.map(({ maxSize }) => maxSize))
  const row = {
    check: 'clamd',
    tried: `the EICAR test string, an empty stream, and ${largest} bytes at ${scanners.clamd.address}`,
  }
  try {
    await createClamd(scanners.clamd).check(largest)
    return [
      {
        ...row,
        outcome: 'holds',
        found: 'found, clean, taken',
        means: 'Uploads are scanned.',
        mend: null,
      },
    ]
  } catch (error) {
    return [
      {
        ...row,
        outcome: 'broken',
        found: messageOf(error),
        means:
          'Uploads of profiles with scan: required wait, and are failed after GIVE_UP_SECONDS.',
        mend: `Raise StreamMaxLength, MaxFileSize and MaxScanSize in clamd.conf to ${largest} bytes or more (or lower maxSize); without signatures run freshclam.`,
      },
    ]
  }
}

/** The driver's reason says more than our own words around it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? messageOf(error.cause) : error.message || error.name
}
