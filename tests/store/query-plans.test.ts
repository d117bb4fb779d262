import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Kysely, sql, type CompiledQuery } from 'kysely'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordApiKeyUse, findApiKey, revokeApiKey } from '../../src/store/api-keys.ts'
import { forgetAssembly, recordAssembly, recordCompleting } from '../../src/store/assemblies.ts'
import { listAudit } from '../../src/store/audit.ts'
import { countArrivals } from '../../src/store/arrivals.ts'
import { countDeliveries, countEvents, countUploads } from '../../src/store/bounded-counts.ts'
import { saveCapabilities } from '../../src/store/capabilities.ts'
import { dropClaim, listAbandonedClaims } from '../../src/store/claims.ts'
import { localClock } from '../../src/store/clock.ts'
import { findDelivery, listDeliveries, restartDelivery } from '../../src/store/deliveries.ts'
import {
  claimDeliveries,
  findDispatch,
  isAnythingDue,
  listDueEndpoints,
} from '../../src/store/delivery-queue.ts'
import { recordDelivered, recordFailed } from '../../src/store/delivery-results.ts'
import {
  buryUndeliverable,
  deleteEmptyWebhooks,
  deleteSettledDeliveries,
  measureOutbox,
} from '../../src/store/delivery-sweeps.ts'
import type { Engine } from '../../src/store/engine.ts'
import { lastEventAt, listEventFacts } from '../../src/store/event-facts.ts'
import { listHistory } from '../../src/store/history.ts'
import {
  deleteSettledEvents,
  insertEvent,
  listDueEvents,
  listEvents,
  recordEvent,
} from '../../src/store/inbox.ts'
import { listDeadLeases, renewLease } from '../../src/store/leases.ts'
import { listGatheringsDue, listLooksDue, scheduleLook, takeLook } from '../../src/store/looks.ts'
import { namedKeys } from '../../src/store/named-keys.ts'
import {
  countOrphans,
  forgetOrphan,
  listRipeOrphans,
  rememberOrphans,
} from '../../src/store/orphans.ts'
import { announceTo } from '../../src/store/outbox.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { forgetProbe, listKilledProbes, rememberProbe } from '../../src/store/probes.ts'
import { listFinished, listReadySince, listSwept, removeRecord } from '../../src/store/retention.ts'
import type { Schema } from '../../src/store/schema.ts'
import { searchUploads } from '../../src/store/search-uploads.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { listStagingDue, postponeStaging, recordStagingGone } from '../../src/store/staging.ts'
import { storeOf, type Store } from '../../src/store/store.ts'
import {
  addTallies,
  deleteTallies,
  listChanges,
  sumTallies,
  tallyPosition,
} from '../../src/store/tallies.ts'
import {
  recordEnded,
  recordLease,
  recordReceived,
  recordRejected,
  recordRetry,
} from '../../src/store/transitions.ts'
import {
  findById,
  insertPending,
  listDueInTurns,
  listUploads,
  renewPending,
} from '../../src/store/uploads.ts'
import { currentWalk, moveWalk } from '../../src/store/walks.ts'
import { UNPROBED } from '../../src/upload/guarantees.ts'
import {
  claimKey,
  deleteExpiredKeys,
  findKey,
  finishKey,
  releaseKey,
} from '../../src/store/idempotency.ts'
import { insertUploads, type Terms } from '../../src/store/insert-uploads.ts'
import { deleteRateCounts, takeShare } from '../../src/store/rate-counts.ts'
import { deleteExpiredTokens } from '../../src/store/upload-tokens.ts'
import {
  changeWebhook,
  deletion,
  findWebhook,
  insertWebhook,
  listWebhooks,
} from '../../src/store/webhooks.ts'
import { countNewEvents, countOpenUploads } from '../../src/store/count-open.ts'
import { countDeadLetters } from '../../src/store/dead-letters.ts'
import { listEnabledAddresses } from '../../src/store/webhook-addresses.ts'
import { testAnnouncement } from '../../src/upload/announcement.ts'
import type { Upload } from '../../src/upload/upload.ts'
import { startPostgres } from '../support/postgres.ts'
import { seed, seededUntil } from '../support/seed.ts'
import { seedCallers } from '../support/seed-callers.ts'
import { seedTallies } from '../support/seed-tallies.ts'
import { seedWebhooks } from '../support/seed-webhooks.ts'
import { anUpload } from '../support/uploads.ts'
import { aWebhook } from '../support/webhooks.ts'

const ROWS = 20_000
const now = seededUntil(ROWS)
const when = { at: now, cause: 'worker' } as const
const AMPLE = { openSlots: 100_000, reservedBytes: 100_000_000 }
const OBSERVED = { size: 64, contentType: 'a/b', etag: '"e"', versionId: null }
const REJECTION = { reason: 'infected', detail: 'd', expected: 'e', observed: 'o' } as const

/** Everything the store is ever asked, once. */
async function askEverything(store: Store): Promise<void> {
  await oneLife(store)
  await listLooksDue(store, now, 5)
  await listGatheringsDue(store, now, 5)
  await listDeadLeases(store, now, 5)
  await listDueInTurns(store, now, 5)
  await listStagingDue(store, now, 5)
  await listAbandonedClaims(store, now, 5)
  await listUploads(store, 't1', { beforeId: 'upl_100010000' }, 5)
  await listUploads(store, 't1', { state: 'canceled', createdAfter: new Date(0) }, 5)
  await listUploads(store, 't1', { profile: 'default' }, 5)
  await listHistory(store, 'upl_100010000')
  await countArrivals(store, new Date(now.getTime() - 600_000))
  await inboxCalls(store)
  await countOpenUploads(store, 'received', { now, overdueBefore: now })
  await countNewEvents(store, now)
  await findApiKey(store, 'k')
  await revokeApiKey(store, 'k', now)
  await recordApiKeyUse(store, 'k', now)
  await dropClaim(store, 'objects/5')
  await recordStagingGone(store, 'upl_100000053')
  await postponeStaging(store, 'upl_100000053', now)
  await saveCapabilities(store, { bucket: 'b', guarantees: UNPROBED, probedAt: now })
  await versionsAsked(store)
  await cleanUpCalls(store)
  await callerCalls(store)
  await webhookCalls(store)
  await consoleCalls(store)
}

async function callerCalls(store: Store): Promise<void> {
  const claim = { digest: 'd', fingerprint: 'f', claim: 'c' }
  await claimKey(store, { ...claim, at: now, deadBefore: now, expiresAt: now })
  await findKey(store, 'digest-7')
  const wanted = { upload: anUpload({ createdAt: now, tenant: 't1' }), quota: AMPLE }
  const full = { ...wanted, quota: { openSlots: 0, reservedBytes: 0 } }
  const token = { id: 't', maxUploads: 9, maxBytes: 10_000, expiresAt: now }
  const finish: Terms['finish'] = (trx) => finishKey(trx, claim, '{}')
  await insertUploads(store, [wanted, full], { token, finish })
  await releaseKey(store, claim)
  await takeShare(store, { name: 'a', minute: 1, wanted: 3, owed: 0, limit: 2 })
  await deleteExpiredKeys(store, now, 5)
  await deleteExpiredTokens(store, now, 5)
  await deleteRateCounts(store, 3, 5)
}

async function consoleCalls(store: Store): Promise<void> {
  await countUploads(store, 't3', 'canceled')
  await countDeliveries(store, 'tenant-7', 'delivered')
  await countEvents(store, 'matched')
  await listEventFacts(store, 'matched', 5)
  await lastEventAt(store)
  const [createdAfter, createdBefore] = [new Date(0), now]
  await searchUploads(store, 't3', {}, 5)
  await searchUploads(store, 't3', { text: 'a_b', createdAfter, createdBefore }, 5)
  await searchUploads(store, 't3', { state: 'canceled', profile: 'default', text: 'f' }, 5)
  await searchUploads(store, 't3', { profile: 'default' }, 5)
  const from = await tallyPosition(store)
  const [first] = await listChanges(store, from, now, 5)
  const one = { tenant: 't3', hour: 0, measure: 'states', name: 'ready', count: 1 } as const
  expect(first && (await addTallies(store, from, first, [one]))).toBe(true)
  await sumTallies(store, 't3', { since: new Date(0), until: now }, 21_600_000)
  await deleteTallies(store, new Date(3_600_000), 5)
}

async function webhookCalls(store: Store): Promise<void> {
  await measureOutbox(store)
  await countDeadLetters(store, new Date(now.getTime() - 3_600_000), 5)
  await listEnabledAddresses(store, 5)
  const webhook = { ...aWebhook('wh_new'), tenant: 't1' }
  const known = await insertWebhook(store, webhook, 100_000)
  await listWebhooks(store, 'tenant-7')
  await findWebhook(store, 'tenant-7', 'wh_7')
  await announceTo(
    store,
    testAnnouncement('x', 'wh_new', now),
    { ...webhook, state: 'enabled' },
    now,
  )
  await isAnythingDue(store, now)
  await listDueEndpoints(store, { now, suspectFrom: 5, isSuspect: false, afterId: '', limit: 5 })
  const [failed, claim] = await claimDeliveries(store, 'wh_100', { now, until: now }, 5)
  if (!failed || !claim) throw new Error('deliveries were seeded')
  await findDispatch(store, claim)
  await recordDelivered(store, claim, 200, now)
  const error = { at: now, status: 500, error: 'e', dueAt: now, disable: null }
  await recordFailed(store, failed, { ...error, hopelessSince: new Date(0), hopelessReason: 'r' })
  await restartDelivery(store, claim, now)
  await findDelivery(store, 't1', claim.id)
  await listDeliveries(store, 'tenant-7', { beforeId: 'dlv_900' }, 5)
  await listDeliveries(store, 'tenant-7', { state: 'dead' }, 5)
  await listDeliveries(store, 'tenant-7', { uploadId: 'upl_7' }, 5)
  await listDeliveries(store, 'tenant-7', { webhookId: 'wh_7' }, 5)
  await buryUndeliverable(store, now, 5)
  await deleteSettledDeliveries(store, 'dead', now, 5)
  await deleteEmptyWebhooks(store, now, 5)
  if (known) await changeWebhook(store, known, deletion(now))
}

async function cleanUpCalls(store: Store): Promise<void> {
  const probe = { bucket: 'b', folder: 'staging/doctor-x/' }
  await rememberProbe(store, probe, now)
  await listKilledProbes(store, now, 5)
  await forgetProbe(store, probe)
  const place = { bucket: 'b', folder: 'objects/' }
  const walk = await currentWalk(store, place, { now, restedSince: now })
  const lost = { ...place, key: 'objects/upl_x/y', size: 1 }
  await namedKeys(store, 'b', [`objects/upl_${'0'.repeat(32)}/${'0'.repeat(32)}`])
  if (walk) await rememberOrphans(store, walk, [lost], now)
  if (walk) await moveWalk(store, walk, null)
  await listRipeOrphans(store, now, 5)
  await countOrphans(store)
  await forgetOrphan(store, lost)
  await listSwept(store, now, 5)
  await listReadySince(store, 'default', now, 5)
  await listAudit(store, { since: new Date(0), until: now }, null, 5)
  const [finished] = await listFinished(store, 'default', now, 5)
  if (finished) await removeRecord(store, finished)
}

async function oneLife(store: Store): Promise<void> {
  const must = (upload: Upload | null): Upload => {
    if (!upload) throw new Error('somebody else was first')
    return upload
  }
  const fresh = anUpload({ createdAt: now, tenant: 't1' })
  expect(await insertPending(store, fresh, AMPLE)).toBe(true)
  await scheduleLook(store, fresh, now)
  const terms = { slotExpiresAt: now, landBy: now, dueAt: now }
  const pending = must(await renewPending(store, fresh, terms))
  const begun = must(await recordAssembly(store, pending, 'a'))
  await recordCompleting(store, begun, now)
  await takeLook(store, begun, now)
  await forgetAssembly(store, begun)
  const received = must(await recordReceived(store, pending, OBSERVED, when))
  const lease = { node: 'n', until: now, sealedKey: 'objects/x', graceMs: 1 }
  const leased = must(await recordLease(store, received, lease, when))
  await renewLease(store, leased, now)
  const again = must(await recordRetry(store, leased, { dueAt: now, observed: null }, when))
  const second = { ...lease, sealedKey: 'objects/y' }
  const verifying = must(await recordLease(store, again, second, when))
  must(await recordRejected(store, verifying, REJECTION, when))
  const other = must(await findById(store, 'upl_100000200'))
  must(await recordEnded(store, other, 'expired', when))
}

async function inboxCalls(store: Store): Promise<void> {
  await insertEvent(store, { digest: 'd', source: 's3', body: '{}', receivedAt: now })
  const [event] = await listDueEvents(store, now, 5)
  if (event) await recordEvent(store, event, 'ignored', null)
  await listEvents(store, 'poison', 5)
  await deleteSettledEvents(store, new Date(now.getTime() - 86_400_000), 5)
}

/** The question that long polls share, as it is asked on the clock. */
async function versionsAsked(store: Store): Promise<void> {
  const ear = store.changes.listen('upl_100000007')
  await ear.changedFrom(1, 30_000, new AbortController().signal)
  ear.end()
}

type Planned = { statement: string; plan: string[] }
type Subject = {
  engine: Engine
  afterSeed: string
  explain: string
  /** Whether a plan reads a whole table that grows. */
  scans: (plan: string[]) => boolean
  close: () => Promise<void>
}

const GROWING =
  '(uploads|transitions|inbox|claims|idempotency_keys|upload_tokens|rate_counts|webhooks|webhook_events|deliveries|tallies)'

function onSqlite(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-plans-'))
  return Promise.resolve({
    engine: openSqlite(join(folder, 'berth.db')),
    // Nobody analyses an embedded database, so it has to do without.
    afterSeed: 'select 1',
    explain: 'explain query plan',
    scans: (plan) => plan.some((step) => new RegExp(`^SCAN ${GROWING}\\b`).test(step)),
    close: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  })
}

async function onPostgres(): Promise<Subject> {
  const postgres = await startPostgres()
  const report = {
    connectionLost: () => undefined,
    broken: () => undefined,
    clockSkew: () => undefined,
  }
  return {
    engine: openPostgres(await postgres.newDatabase(), { poolSize: 4, report }),
    afterSeed: 'analyze',
    explain: 'explain',
    scans: scansOnPostgres,
    close: postgres.close,
  }
}

/** An index that is walked from its end, with no condition on its key, is the whole table too. */
function scansOnPostgres(plan: string[]): boolean {
  const steps = plan.join('\n').split('->')
  return steps.some(
    (step) =>
      new RegExp(`Seq Scan on ${GROWING}\\b`).test(step) ||
      (/Index (Only )?Scan/.test(step) && !step.includes('Index Cond')),
  )
}

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('on %s', (name, open) => {
  let subject: Subject
  let store: Store
  let db: Kysely<Schema>
  let asked = new Map<string, CompiledQuery>()

  beforeAll(async () => {
    subject = await open()
    const log = ({ query }: { query: CompiledQuery }) => void asked.set(query.sql, query)
    db = new Kysely<Schema>({ dialect: subject.engine.dialect, log })
    store = storeOf(db, subject.engine, localClock())
    await store.migrate()
    await seed(store, ROWS)
    await seedCallers(store, 5_000, now)
    await seedWebhooks(store, 5_000, now)
    await seedTallies(store, 5_000)
    await sql.raw(subject.afterSeed).execute(db)
    asked = new Map()
  }, 60_000)
  afterAll(async () => {
    await store.close()
    await subject.close()
  })

  async function planOf({ sql: statement, parameters }: CompiledQuery): Promise<Planned> {
    const query = { sql: `${subject.explain} ${statement}`, parameters: [...parameters] }
    const { rows } = await db.executeQuery<Record<string, string>>({
      ...sql.raw('').compile(db),
      ...query,
    })
    return { statement, plan: rows.map((row) => row['detail'] ?? row['QUERY PLAN'] ?? '') }
  }

  it('no statement of the store reads a whole table that grows', async () => {
    await askEverything(store)
    const statements = [...asked.values()].filter((query) =>
      /^(select|insert|update|delete|with)/.test(query.sql),
    )
    expect(statements.length).toBeGreaterThan(70)
    const planned: Planned[] = []
    for (const query of statements) planned.push(await planOf(query))
    process.stdout.write(`${name}\n${planned.map(shown).join('\n')}\n`)
    const scans = planned.filter(({ plan }) => subject.scans(plan))
    expect(scans).toEqual([])
    // The plans were understood: those that look something up say how.
    expect(
      planned.filter(({ plan }) => plan.some((step) => /SEARCH|Index/.test(step))).length,
    ).toBeGreaterThan(20)
  }, 60_000)
})

const shown = ({ statement, plan }: Planned): string =>
  [statement.replaceAll('"', '').slice(0, 160), ...plan.map((step) => `    ${step}`)].join('\n')
