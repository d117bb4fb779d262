/** `berth doctor [--fix] [--json]`: what this bucket and its surroundings really do, tried by real requests. */

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { examineBucket } from '../bucket/doctor/examine.ts'
import type { Finding } from '../bucket/doctor/finding.ts'
import { expectsEvents } from '../bucket/doctor/notification.ts'
import { admit, type EventTargets } from '../bucket/doctor/patient.ts'
import { LONGEST_PROBE_SECONDS } from '../bucket/probe.ts'
import type { Config } from '../config.ts'
import { loadProfiles, type Profiles } from '../profiles.ts'
import { saveCapabilities } from '../store/capabilities.ts'
import { forgetProbe, rememberProbe } from '../store/probes.ts'
import type { Store } from '../store/store.ts'
import { addSeconds } from '../upload/policy.ts'
import { examineArrival } from './doctor/arrival.ts'
import { findContradictions } from './doctor/contradictions.ts'
import { isWell, toJson, toTable, type Report } from './doctor/report.ts'
import { examineEgress, examineReceivers } from './doctor/egress.ts'
import { examineRecords, examineScanner } from './doctor/surroundings.ts'
import { UsageError } from './usage.ts'

type Wanted = { fix: boolean; json: boolean; webhooks: string[] }

/** @returns whether everything that Berth promises holds. */
export async function doctor(
  config: Config,
  args: string[],
  to: { print: (line: string) => void; width: number },
): Promise<boolean> {
  const wanted = parse(args)
  const report = await examineAll(config, wanted)
  to.print(wanted.json ? toJson(report) : toTable(report, to.width))
  return isWell(report)
}

function parse(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      fix: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      webhook: { type: 'string', multiple: true, default: [] },
    },
  })
  const odd = values.webhook.find((address) => !/^https?:\/\/[^/]/.test(address))
  if (odd !== undefined)
    throw new UsageError(`expected --webhook with an https address, got ${odd}`)
  return { fix: values.fix, json: values.json, webhooks: values.webhook }
}

async function examineAll(config: Config, { fix, webhooks }: Wanted): Promise<Report> {
  const profiles = loadProfiles(config.profilesFile)
  const { store, finding } = await examineRecords(config.database)
  try {
    const report = emptyReport([
      ...findContradictions(config, profiles),
      finding,
      ...(await examineScanner(config, profiles)),
      ...(await examineEgress(webhooks)),
      ...(await examineReceivers(store)),
    ])
    for (const place of placesOf(config, profiles)) {
      await examineOne({ config, store, fix }, place, report)
    }
    return report
  } finally {
    await store?.close()
  }
}

const emptyReport = (findings: Finding[]): Report => ({
  rows: findings.map((row) => ({ ...row, bucket: null })),
  guarantees: {},
  fixed: [],
})

type Place = { bucket: string; prefix: string }

/** Settings and policies may differ from prefix to prefix, so each is examined. */
function placesOf({ bucket }: Config, profiles: Profiles): Place[] {
  const all = [...profiles.values()].map((profile) => ({
    bucket: profile.bucket ?? bucket.name,
    prefix: profile.prefix,
  }))
  return [...new Map(all.map((place) => [`${place.bucket}/${place.prefix}`, place])).values()]
}

type Given = { config: Config; store: Store | null; fix: boolean }

async function examineOne(given: Given, place: Place, report: Report): Promise<void> {
  const { config, store, fix } = given
  const since = store?.clock.now() ?? new Date()
  const nonces = [newNonce(), newNonce()] as const
  const events = eventTargets(config)
  const patient = admit({
    ...place,
    config: config.bucket,
    admin: config.doctor.admin,
    nonces,
    origins: config.http.corsOrigins,
    events,
    now: () => new Date(),
  })
  const folders = [patient.folder, patient.sealedFolder]
  await remember(store, place.bucket, folders)
  const { findings, guarantees, applied } = await examineBucket(patient, fix)
  await forget(store, place.bucket, folders)
  if (store && guarantees) {
    const probedAt = store.clock.now()
    await saveCapabilities(store, { bucket: place.bucket, guarantees, probedAt })
  }
  const isReached = findings.some(({ check, outcome }) => check === 'slot' && outcome === 'holds')
  if (isReached && expectsEvents(events)) {
    findings.push(await examineArrival({ store, nonce: nonces[0], since: addSeconds(since, -5) }))
  }
  const bucket = `${place.bucket}${place.prefix === '' ? '' : `/${place.prefix}`}`
  report.rows.push(...findings.map((row) => ({ ...row, bucket })))
  report.guarantees[bucket] = guarantees
  report.fixed.push(...[...applied].map((entry) => inWords(bucket, entry)))
}

const newNonce = (): string => randomBytes(16).toString('hex')

const inWords = (bucket: string, [check, refusal]: [string, string | null]): string =>
  `${check} of ${bucket}: ${refusal === null ? 'applied' : `the store refused it (${refusal})`}`

/** Recorded before anything is written there, so that a sweep finds what a killed doctor left. */
async function remember(store: Store | null, bucket: string, folders: string[]): Promise<void> {
  if (!store) return
  const collectAt = addSeconds(store.clock.now(), 4 * LONGEST_PROBE_SECONDS)
  for (const folder of folders) await rememberProbe(store, { bucket, folder }, collectAt)
}

async function forget(store: Store | null, bucket: string, folders: string[]): Promise<void> {
  if (!store) return
  for (const folder of folders) await forgetProbe(store, { bucket, folder })
}

function eventTargets({ http, events }: Config): EventTargets {
  return {
    webhook: http.eventsToken !== null,
    eventBridge: http.eventBridgeKey !== null,
    queueArn: events.sqs && queueArnOf(events.sqs.queueUrl, events.sqs.region),
    topicArn: events.sns.topicArns[0] ?? null,
  }
}

/** A queue's address ends with its account and its name, on AWS and on its likes. */
function queueArnOf(url: string, region: string): string {
  const [account = '', name = ''] = new URL(url).pathname.split('/').slice(-2)
  const [, named] = /^sqs\.([a-z0-9-]+)\./.exec(new URL(url).hostname) ?? []
  return `arn:aws:sqs:${named ?? region}:${account}:${name}`
}
