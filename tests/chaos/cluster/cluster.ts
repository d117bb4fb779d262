/** Everything that runs, and the links between: clients, nodes, database, store, each through a proxy. */

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Options } from '../options.ts'
import { createMinio, type Minio } from './minio.ts'
import { createNode, makeKey, SECRETS, type Node } from './nodes.ts'
import { freePorts } from './ports.ts'
import { createPostgres, type Postgres } from './postgres.ts'
import { postgresRecords, sqliteRecords, type Records } from './records.ts'
import { startToxiproxy, type Link, type Toxiproxy } from './toxiproxy.ts'

export const TENANTS = ['ant', 'bee', 'cat']

/** `tight` has room for few, so that its quota is in the way all the time. */
export const PROFILES = {
  default: { maxSize: 4_194_304, openSlots: 5_000, reservedBytes: 1_073_741_824, slotTtl: 60 },
  tight: { maxSize: 65_536, openSlots: 6, reservedBytes: 262_144, slotTtl: 60 },
}

export type Cluster = {
  nodes: Node[]
  minio: Minio
  /** Null in the SQLite mode. */
  postgres: Postgres | null
  toxiproxy: Toxiproxy
  links: string[]
  receiverPort: number
  records: Records
  /** Tenant -> API key. */
  keys: Map<string, string>
  close: () => Promise<void>
}

export type Crash = { node: string; code: number | null; at: number }

/** @param onCrash a node that ends by itself is a finding of its own. */
export async function startCluster(
  options: Options,
  onCrash: (crash: Crash) => void,
): Promise<Cluster> {
  const folder = resolve(options.folder)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'logs'), { recursive: true })
  writeFileSync(join(folder, 'profiles.json'), JSON.stringify({ profiles: PROFILES }))

  const names = options.mode === 'postgres' ? ['node1', 'node2'] : ['node1']
  const at = await freePorts([
    'toxiproxy',
    'minio',
    'postgres',
    'public',
    'receiver',
    ...perNode(names),
  ])
  const links = linksFor(names, options, at)
  const toxiproxy = await startToxiproxy(
    at('toxiproxy'),
    links,
    join(folder, 'logs', 'toxiproxy.log'),
  )
  const webhooks = names.map((name) => `http://127.0.0.1:${at(`${name}-events`)}/events/s3`)
  const token = SECRETS.eventsToken
  const minio = await createMinio(at('minio'), webhooks, { folder, token })
  // Below /tmp, as the account that PostgreSQL runs as may not enter every home.
  const place = join(tmpdir(), `berth-chaos-${process.pid}-${options.mode}`)
  const postgres = options.mode === 'postgres' ? await createPostgres(at('postgres'), place) : null
  const recordsOf = (name: string): Records =>
    postgres
      ? postgresRecords(postgres, at(`${name}-records`))
      : sqliteRecords(join(folder, 'berth.db'))

  const keys = new Map<string, string>()
  for (const tenant of TENANTS) keys.set(tenant, await makeKey(recordsOf('node1').url, tenant))
  const nodes = names.map((name) =>
    createNode(
      name,
      {
        port: at(name),
        database: recordsOf(name).url,
        storage: at(`${name}-storage`),
        publicStorage: at('public'),
      },
      { folder, onCrash: (code) => onCrash({ node: name, code, at: Date.now() }) },
    ),
  )
  for (const node of nodes) node.start()
  await Promise.all(nodes.map((node) => node.whenReady()))

  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()))
    await minio.kill()
    await postgres?.crash()
    if (postgres) copyFileSync(join(place, 'postgres.log'), join(folder, 'logs', 'postgres.log'))
    await toxiproxy.end()
    rmSync(place, { recursive: true, force: true })
    rmSync(join(folder, 'minio'), { recursive: true, force: true })
  }
  const records = recordsOf('node1')
  return {
    nodes,
    minio,
    postgres,
    toxiproxy,
    links: links.map(({ name }) => name),
    receiverPort: at('receiver'),
    records,
    keys,
    close,
  }
}

const perNode = (names: string[]): string[] =>
  names.flatMap((name) => [name, `${name}-records`, `${name}-storage`, `${name}-events`])

function linksFor(names: string[], { mode }: Options, at: (name: string) => number): Link[] {
  const link = (name: string, upstream: string): Link => ({
    name,
    listen: at(name),
    upstream: at(upstream),
  })
  return [
    link('public', 'minio'),
    ...names.flatMap((name) => [
      link(`${name}-storage`, 'minio'),
      link(`${name}-events`, name),
      ...(mode === 'postgres' ? [link(`${name}-records`, 'postgres')] : []),
    ]),
  ]
}
