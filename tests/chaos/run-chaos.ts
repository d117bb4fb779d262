/** One run from start to export, in the order in which it happens. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from './check/run.ts'
import { PROFILES, startCluster, TENANTS, type Cluster, type Crash } from './cluster/cluster.ts'
import { ACCOUNTS } from './cluster/minio.ts'
import { SECRETS } from './cluster/nodes.ts'
import { drive } from './driver/drive.ts'
import { openHistory } from './driver/history.ts'
import { planAll } from './driver/plan.ts'
import { exportObjects, exportRecords } from './export.ts'
import { openLines, writeLines } from './lines.ts'
import { startNemesis } from './nemesis/nemesis.ts'
import { scheduleOf } from './nemesis/schedule.ts'
import { stormSeconds, TIMES, type Options } from './options.ts'
import { openUploads, untilQuiet } from './quiet.ts'
import { watchQuotas } from './watch-quotas.ts'

export type Told = {
  states: Record<string, number>
  faults: Map<string, number>
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
  const file = (name: string): string => join(folder, `${name}.ndjson`)
  const history = openHistory(file('history'))
  const faults = openLines(file('faults'))
  const snapshots = openLines(file('snapshots'))
  const startedAt = Date.now()

  const targets = { mode, nodes: nodes.map(({ name }) => name), links: cluster.links }
  const endWatch = watchQuotas(records, snapshots)
  const urls = nodes.map(({ url }) => url)
  const clients = drive({ history, keys, nodes: urls, store: minio.client }, planAll(options))
  const nemesis = startNemesis(
    cluster,
    scheduleOf(seed, targets, stormSeconds(loadSeconds)),
    faults,
  )
  await clients.begun
  await nemesis.stop()
  await Promise.all(nodes.map((node) => node.whenReady()))
  const healedAt = Date.now()
  const open = await openUploads(records)
  writeLines(file('open-at-heal'), open)

  await clients.done
  const left = await untilQuiet(records)
  const quietAt = Date.now()
  await endWatch()
  for (const lines of [history, faults, snapshots]) lines.close()
  const exits = await Promise.all(nodes.map((node) => node.stop()))
  await exportRecords(records, folder)
  await exportObjects(minio, folder)
  const settings = JSON.stringify(settingsOf(options, healedAt, keys), null, 2)
  writeFileSync(join(folder, 'settings.json'), settings)
  return {
    left,
    openAtHeal: open.length,
    exits,
    states: await countStates(cluster),
    faults: nemesis.counts,
    recoveries: nemesis.recoveries,
    seconds: { load: (healedAt - startedAt) / 1000, quiet: (quietAt - healedAt) / 1000 },
  }
}

async function countStates({ records }: Cluster): Promise<Record<string, number>> {
  const rows = await records.query<{ state: string; count: number }>(
    'select state, count(*) as count from uploads group by state order by state',
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

function settingsOf(
  { seed, mode }: Options,
  healedAt: number,
  keys: ReadonlyMap<string, string>,
): Settings {
  const { signer, reader, keeper } = ACCOUNTS
  const accounts = [signer, reader, keeper].map(({ secretAccessKey }) => secretAccessKey)
  return {
    seed,
    mode,
    healedAt,
    leaseSeconds: TIMES.leaseSeconds,
    slackSeconds: TIMES.slackSeconds,
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
    secrets: [...Object.values(SECRETS), ...accounts, ...keys.values()],
  }
}
