import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { createApiKey, revokeKey } from '../../src/broker/api-keys.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { until } from '../support/processes.ts'
import { createTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

let pair: TwoNodes
beforeAll(async () => {
  pair = await createTwoNodes()
})
afterAll(() => pair.close())

const idOf = (key: string): string => key.split('_')[1] ?? ''

describe('an API key', () => {
  it('can be replaced without a gap: the old and the new one work together, on the same uploads', async () => {
    const [node] = pair.nodes
    const before = await node.newKey('tenant-a')
    const { id } = (await apiOf(node, before).post('/v1/uploads', slotBody)).body
    const after = await node.newKey('tenant-a')
    for (const key of [before, after]) {
      expect((await apiOf(node, key).get(`/v1/uploads/${id}`)).status).toBe(200)
    }
    await revokeKey({ store: node.store, now: node.clock.now }, idOf(before))
    expect((await apiOf(node, before).get(`/v1/uploads/${id}`)).status).toBe(401)
    expect((await apiOf(node, after).get(`/v1/uploads/${id}`)).status).toBe(200)
  })

  it('F3 that is revoked on one node ends at once on the other, which had just used it', async () => {
    const [one, two] = pair.nodes
    const key = await one.newKey('tenant-b')
    expect((await apiOf(two, key).get('/v1/uploads')).status).toBe(200)
    await revokeKey({ store: one.store, now: one.clock.now }, idOf(key))
    expect((await apiOf(two, key).get('/v1/uploads')).status).toBe(401)
  })

  it('ends when it expires', async () => {
    const [node] = pair.nodes
    const expiresAt = new Date(node.clock.now().getTime() + 60_000)
    const terms = { tenant: 'tenant-c', scopes: ['uploads:read'] as const, expiresAt }
    const key = await createApiKey({ store: node.store, now: node.clock.now }, terms)
    expect((await apiOf(node, key).get('/v1/uploads')).status).toBe(200)
    node.clock.advance(61)
    expect((await apiOf(node, key).get('/v1/uploads')).status).toBe(401)
  })

  it('knows when it was last used, at one write a minute however often that is', async () => {
    const [node] = pair.nodes
    const key = await node.newKey('tenant-d')
    const lastUse = async () =>
      (
        await node.store.db
          .selectFrom('api_keys')
          .select('last_used_at')
          .where('id', '=', idOf(key))
          .executeTakeFirst()
      )?.last_used_at ?? 0
    let writes = 0
    const { write } = node.store
    Object.assign(node.store, {
      write: ((work) => {
        writes += 1
        return write(work)
      }) satisfies typeof write,
    })
    await Promise.all(Array.from({ length: 50 }, () => node.broker.authenticate(key)))
    await until('the use to be recorded', async () => (await lastUse()) > 0)
    expect(writes).toBe(1)
    const first = await lastUse()
    node.clock.advance(61)
    await node.broker.authenticate(key)
    await until('the next use to be recorded', async () => (await lastUse()) > first)
    expect(writes).toBe(2)
    Object.assign(node.store, { write })
  })

  it('looks as the documents tell secret scanners', async () => {
    const pattern = /`(berth_\[0-9a-f\][^`]+)`/.exec(readFileSync('docs/security.md', 'utf8'))?.[1]
    const key = await pair.nodes[0].newKey()
    expect(key).toMatch(new RegExp(`^${pattern}$`))
    expect(pattern).toBe('berth_[0-9a-f]{16}_[A-Za-z0-9_-]{43}')
  })
})
