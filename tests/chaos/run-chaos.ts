/** One run from start to export, in the order in which it happens. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoint, Settings } from './check/run.ts'
import { PROFILES, startCluster, TENANTS, type Cluster, type Crash } from './cluster/cluster.ts'
import { ACCOUNTS } from './cluster/minio.ts'
import { SECRETS } from './cluster/nodes.ts'
import { drive } from './driver/drive.ts'
import { openHistory } from './driver/history.ts'
import { planAll } from './driver/plan.ts'
import { exportObjects, exportRecords } from './export.ts'
import { openLines, writeLines, type Lines } from './lines.ts'
import { startNemesis } from './nemesis/nemesis.ts'
import { scheduleOf } from './nemesis/schedule.ts'
import { stormSeconds, TIMES, type Options } from './options.ts'
import { openUploads, untilQuiet } from './quiet.ts'
import { flap } from './receiver/flap.ts'
import { absencesOf, mannersOf } from './receiver/manners.ts'
import { startReceiver } from './receiver/receiver.ts'
import { registerEndpoints, type Place } from './receiver/register.ts'
import { watchQuotas } from './watch-quotas.ts'

export type Told = {
  states: Record<string, number>
  faults: Map<string, number>
  /** Deliveries that the receiver got, by what it made of them. */
  deliveries: Map<string, number>
  recoveries: number[]
  /** Nodes that ended without having been told to. */
  crashes: Crash[]
  /** Exit codes of the nodes after SIGTERM. */
  exits: (number | null)[]
  openAtHeal: number
  left: Record<string, number>
  seconds: { load: number; quiet: number }
}

export async function runChaos(options: Options): Promise<Told> {
  const crashes: Crash[] = []
  const cluster = await startCluster(options, (crash) => crashes.push(crash))
  try {
    return { crashes, ...(await storm(cluster, options)) }
  } finally {
    await cluster.close()
  }
}

async function storm(cluster: Cluster, options: Options): Promise<Omit<Told, 'crashes'>> {
  const { folder, seed, mode, loadSeconds } = options
  const { keys, minio, nodes, records } = cluster
  const logs = openLogs(folder)
  const endpoints = await registerEndpoints(placeOf(cluster))
  const receiver = await startReceiver(cluster.receiverPort, mannersOf(seed), logs.received)
  const startedAt = Date.now()

  const stormy = stormSeconds(loadSeconds)
  const targets = { mode, nodes: nodes.map(({ name }) => name), links: cluster.links }
  const endWatch = watchQuotas(records, logs.snapshots)
  const urls = nodes.map(({ url }) => url)
  const deps = { history: logs.history, keys, nodes: urls, store: minio.client }
  const clients = drive(deps, planAll(options))
  const nemesis = startNemesis(cluster, scheduleOf(seed, targets, stormy), logs.faults)
  const flapping = flap(receiver, absencesOf(seed, stormy), logs.faults)
  await clients.begun
  await Promise.all([nemesis.stop(), flapping.stop()])
  await Promise.all(nodes.map((node) => node.whenReady()))
  const healedAt = Date.now()
  const open = await openUploads(records)
  writeLines(join(folder, 'open-at-heal.ndjson'), open)

  await clients.done
  receiver.calmDown()
  const left = await untilQuiet(records)
  const quietAt = Date.now()
  await endWatch()
  const exits = await Promise.all(nodes.map((node) => node.stop()))
  await receiver.close()
  logs.close()
  await exportRecords(records, folder)
  await exportObjects(minio, folder)
  writeSettings(options, { healedAt, endpoints, keys })
  return {
    left,
    openAtHeal: open.length,
    exits,
    states: await countStates(cluster),
    faults: nemesis.counts,
    deliveries: receiver.counts,
    recoveries: nemesis.recoveries,
    seconds: { load: (healedAt - startedAt) / 1000, quiet: (quietAt - healedAt) / 1000 },
  }
}

function openLogs(folder: string) {
  const open = (name: string): Lines => openLines(join(folder, `${name}.ndjson`))
  const history = openHistory(join(folder, 'history.ndjson'))
  const logs = { faults: open('faults'), snapshots: open('snapshots'), received: open('received') }
  const all = [history, ...Object.values(logs)]
  return { ...logs, history, close: () => all.forEach((one) => one.close()) }
}

const placeOf = ({ nodes, records, receiverPort }: Cluster): Place => ({
  url: nodes[0]?.url ?? '',
  database: records.url,
  receiver: `http://127.0.0.1:${receiverPort}`,
})

async function countStates({ records }: Cluster): Promise<Record<string, number>> {
  const rows = await records.query<{ state: string; count: number }>(
    'select state, count(*) as count from uploads group by state order by state',
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

type Found = { healedAt: number; endpoints: Endpoint[]; keys: ReadonlyMap<string, string> }

function writeSettings(options: Options, found: Found): void {
  const settings = JSON.stringify(settingsOf(options, found), null, 2)
  writeFileSync(join(options.folder, 'settings.json'), settings)
}

function settingsOf({ seed, mode }: Options, { healedAt, endpoints, keys }: Found): Settings {
  const { signer, reader, keeper } = ACCOUNTS
  const accounts = [signer, reader, keeper].map(({ secretAccessKey }) => secretAccessKey)
  const signing = endpoints.map(({ secret }) => secret)
  return {
    seed,
    mode,
    healedAt,
    leaseSeconds: TIMES.leaseSeconds,
    slackSeconds: TIMES.slackSeconds,
    deliveryLeaseSeconds: TIMES.deliveryLeaseSeconds,
    endpoints,
    tenants: TENANTS,
    profiles: {
      default: { ...PROFILES.default, scan: 'off' },
      tight: { ...PROFILES.tight, scan: 'off' },
    },
    accessKeyIds: {
      signer: signer.accessKeyId,
      reader: reader.accessKeyId,
      keeper: keeper.accessKeyId,
    },
    secrets: [...Object.values(SECRETS), ...accounts, ...keys.values(), ...signing],
  }
}
