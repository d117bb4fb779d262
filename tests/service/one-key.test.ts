import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBerth, type Berth, type Shown } from '../support/berth.ts'
import { startPostgres } from '../support/postgres.ts'
import { freePort, patiently } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'

/** Two processes on one database. */
type Nodes = { nodes: Berth[]; end: () => Promise<void> }

async function onSqlite(): Promise<Nodes> {
  const bucket = await noStore()
  const first = await createBerth(bucket)
  const second = await createBerth(bucket, { DATABASE_URL: `file:${first.databaseFile}` })
  const nodes = [first, second]
  return { nodes, end: () => Promise.resolve() }
}

async function onPostgres(): Promise<Nodes> {
  const postgres = await startPostgres()
  const bucket = await noStore()
  const env = { DATABASE_URL: await postgres.newDatabase() }
  const nodes = [await createBerth(bucket, env), await createBerth(bucket, env)]
  return { nodes, end: postgres.close }
}

// Slots are signed locally: no object store is needed.
const noStore = async () => bucketConfig(`http://127.0.0.1:${await freePort()}`)

let nodes: Berth[] = []

const body = JSON.stringify({ filename: 'a', contentType: 'text/plain', size: 5 })
const key = (): string => nodes[0]?.key ?? ''

const ask = (nth: number, name: string): Promise<Response> =>
  fetch(`${nodes[nth % 2]?.url}/v1/uploads`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key()}`,
      'content-type': 'application/json',
      'idempotency-key': `"${name}"`,
    },
    body,
  })

const idsOf = async (): Promise<string[]> => {
  const answer = await fetch(`${nodes[0]?.url}/v1/uploads?limit=200`, {
    headers: { authorization: `Bearer ${key()}` },
  })
  return ((await answer.json()) as { uploads: Shown[] }).uploads.map(({ id }) => id)
}

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('on %s', (_name, open) => {
  let end: Nodes['end']
  beforeAll(async () => {
    ;({ nodes, end } = await open())
    for (const node of nodes) await node.start()
  }, 60_000)
  afterAll(async () => {
    for (const node of nodes.reverse()) await node.close()
    await end()
  })

  it('200 parallel requests with one key, to two processes, make one upload', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, nth) => ask(nth, 'one')))
    const shown = await Promise.all(
      answers.map(async (answer) => ({
        status: answer.status,
        isReplay: answer.headers.get('idempotency-replayed') === 'true',
        id: ((await answer.json()) as Shown).id,
      })),
    )
    const made = shown.filter(({ status }) => status === 201)
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(made.filter(({ isReplay }) => !isReplay)).toHaveLength(1)
    expect(shown.every(({ status }) => status === 201 || status === 409)).toBe(true)
    expect(await idsOf()).toEqual([made[0]?.id])
  }, 60_000)

  it('K2 a node that is killed between commit and answer has made one upload for the repeats to find', async () => {
    const before = (await idsOf()).length
    const [first] = nodes
    const asked = Array.from({ length: 20 }, (_, nth) => ask(0, `kill-${nth}`).catch(() => null))
    // Somewhere in the middle: some are committed and not answered, some not even begun.
    await Promise.race(asked)
    await first?.kill()
    await Promise.all(asked)
    for (let nth = 0; nth < 20; nth += 1) {
      // A claim of the dead node is taken over after 30 s.
      const answer = await patiently(async () => {
        const again = await ask(1, `kill-${nth}`)
        if (again.status !== 201) throw new Error(String(again.status))
        return again
      })
      expect(answer.status).toBe(201)
    }
    await first?.start()
    expect((await idsOf()).length - before).toBe(20)
  }, 120_000)
})
