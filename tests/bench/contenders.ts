/** Who answers requests for slots, each in a process of its own: Berth on its two databases, peers, and the ceiling. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { createBerth } from '../support/berth.ts'
import { startPostgres } from '../support/postgres.ts'
import { freePort, run, until } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'
import type { Target } from './load.ts'
import { withoutQuota } from './without-quota.ts'

export const PEERS = join(
  process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'),
  'bench-peers',
)

export type Contender = {
  name: string
  /** Whether an answer means that a record of it is on the disk. */
  durable: boolean
  target: Target
  close: () => Promise<void>
}

const FILE = { filename: 'report.pdf', contentType: 'application/pdf', size: 1_000 }
const JSON_BODY = { 'content-type': 'application/json' }

const post = (url: string, body: object, headers = {}): Target => ({
  url,
  method: 'POST',
  headers: { ...JSON_BODY, ...headers },
  body: JSON.stringify(body),
})

const PEER_TARGETS: Record<string, (url: string) => Target> = {
  'express-echo': (url) => post(url, FILE),
  'get-signed-url': (url) => post(url, FILE),
  'better-upload': (url) =>
    post(url, {
      route: 'files',
      files: [{ name: FILE.filename, size: FILE.size, type: FILE.contentType }],
    }),
  companion: (url) => ({
    url: `${url}/s3/params?filename=report.pdf&type=application/pdf`,
    method: 'GET',
    headers: {},
  }),
}

export const startPeers = (): Promise<Contender[]> =>
  Promise.all(Object.entries(PEER_TARGETS).map(([name, target]) => startPeer(name, target)))

async function startPeer(name: string, target: (url: string) => Target): Promise<Contender> {
  const port = await freePort()
  const env = {
    PATH: process.env['PATH'],
    PORT: String(port),
    NODE_ENV: 'production',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
  const server = run(process.execPath, [join(PEERS, `${name}.mjs`)], env)
  await until(name, () => Promise.resolve(server.output().includes('listening')))
  return { name, durable: false, target: target(`http://127.0.0.1:${port}`), close: server.end }
}

export const startBerthOnSqlite = (): Promise<Contender> => startBerth('berth-sqlite', {})

export async function startBerthOnPostgres(): Promise<Contender> {
  // As in production: every commit is on disk before it is answered.
  const postgres = await startPostgres(['-c', 'fsync=on'])
  const berth = await startBerth('berth-postgres', { DATABASE_URL: await postgres.newDatabase() })
  return {
    ...berth,
    close: async () => {
      await berth.close()
      await postgres.close()
    },
  }
}

async function startBerth(name: string, settings: NodeJS.ProcessEnv): Promise<Contender> {
  const quota = withoutQuota()
  const env = { NODE_ENV: 'production', RUN_JOBS: 'off', ...settings, ...quota.env }
  // As for the peers, nothing answers there: signing is local, and these slots are never used. So
  // the jobs would look for them in vain; what they cost is measured where files are really put.
  const berth = await createBerth(bucketConfig('http://127.0.0.1:9'), env)
  await berth.start()
  const authorization = `Bearer ${berth.key}`
  return {
    name,
    durable: true,
    target: post(`${berth.url}/v1/uploads`, FILE, { authorization }),
    close: async () => {
      await berth.close()
      quota.remove()
    },
  }
}
