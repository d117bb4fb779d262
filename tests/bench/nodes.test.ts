import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createBerth, type Berth } from '../support/berth.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { bucketConfig } from '../support/world.ts'
import { limitCpu } from './limit-cpu.ts'
import { closedLoop, quantile } from './open-loop.ts'
import { atLeast, record, spread } from './record.ts'
import { withoutQuota } from './without-quota.ts'

// A node is what limits, not the database or the machine: a third of one processor each.
const SHARE = 0.3
const CONNECTIONS = 32
const SECONDS = 8
const ROUNDS = 4
const SLOT = { filename: 'f', contentType: 'application/octet-stream', size: 10 }

const quota = withoutQuota()
let postgres: Postgres
const nodes: Berth[] = []
const freed: (() => void)[] = []

beforeAll(async () => {
  // As in production: every commit is on disk before it is answered.
  postgres = await startPostgres(['-c', 'fsync=on'])
  const url = await postgres.newDatabase()
  for (let nth = 0; nth < 2; nth += 1) {
    const node = await createBerth(bucketConfig('http://127.0.0.1:1'), {
      DATABASE_URL: url,
      RUN_JOBS: 'off',
      ...quota.env,
    })
    await node.start()
    freed.push(limitCpu(node.pid(), SHARE))
    nodes.push(node)
  }
}, 120_000)
afterAll(async () => {
  for (const node of nodes) await node.close()
  for (const free of freed) free()
  await postgres.close()
  quota.remove()
})

const slotsPerSecond = (on: Berth[]): Promise<number> =>
  closedLoop(
    on.map(({ url, key }) => ({ url: `${url}/v1/uploads`, key, body: SLOT })),
    CONNECTIONS * on.length,
    SECONDS,
  )

it('two nodes on PostgreSQL answer more slots than one', async () => {
  await slotsPerSecond(nodes)
  const [one, two]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    one.push(await slotsPerSecond(nodes.slice(round % 2, (round % 2) + 1)))
    two.push(await slotsPerSecond(nodes))
  }
  const [a, b] = [quantile(one, 0.5), quantile(two, 0.5)]
  record('nodes', { shareOfProcessor: SHARE, one: spread(one), two: spread(two), ratio: b / a }, [
    atLeast('two nodes on PostgreSQL, of one', b / a, 1.7),
  ])
  expect(Math.min(...one, ...two)).toBeGreaterThan(0)
}, 300_000)
