import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { exportJWK, SignJWT, type JWK } from 'jose'
import { fetchKeysFrom } from '../../src/identity/fetch-keys.ts'
import {
  createIdentityProvider,
  type IdentityConfig,
} from '../../src/identity/identity-provider.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { createClock, createWorld, type Clock, type World } from '../support/world.ts'

const ISSUER = 'https://id.example/'
const AUDIENCE = 'uploads'

type Key = { kid: string; privateKey: KeyObject; jwk: JWK }

async function newKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } }
}

let server: Server
let address: string
let served: { keys: JWK[] }
let status: number
let asked: number
let clock: Clock
let first: Key

beforeAll(async () => {
  first = await newKey('first')
  server = createServer((_req, res) => {
    asked += 1
    res.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify(served))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  served = { keys: [first.jwk] }
  status = 200
  asked = 0
  clock = createClock()
})

const config = (keySet = address): IdentityConfig => ({
  issuer: ISSUER,
  audience: AUDIENCE,
  keySet,
  claims: {
    tenant: { claim: 'org' },
    profile: { value: 'default' },
    subject: { claim: 'sub' },
    maxUploads: { value: '2' },
    maxBytes: { claim: 'quota' },
  },
})
const provider = (keySet = address) =>
  createIdentityProvider(config(keySet), fetchKeysFrom(keySet), clock.now)

const seconds = (): number => Math.floor(clock.now().getTime() / 1000)

const tokenBy = ({ kid, privateKey }: Key, change: object = {}, header: object = {}) =>
  new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    jti: 'j-1',
    org: 'acme',
    quota: 1000,
    exp: seconds() + 600,
    ...change,
  })
    .setProtectedHeader({ alg: 'ES256', kid, ...header })
    .sign(privateKey)

describe('a token of the identity provider', () => {
  it('becomes what the mapping of claims says', async () => {
    expect(await provider()(await tokenBy(first))).toMatchObject({
      tenant: 'acme',
      profile: 'default',
      subject: 'alice',
      maxUploads: 2,
      maxBytes: 1000,
      id: expect.stringMatching(/^ext_[0-9a-f]{64}$/),
    })
  })

  it('is checked against a file as well', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'berth-keys-')), 'keys.json')
    writeFileSync(path, JSON.stringify(served))
    const check = provider(`file:${path}`)
    expect((await check(await tokenBy(first))).tenant).toBe('acme')
    expect(asked).toBe(0)
  })

  it.each<[string, object, object]>([
    ['of another issuer', { iss: 'https://evil.example/' }, {}],
    ['for another audience', { aud: 'mail' }, {}],
    ['expired', { exp: 1 }, {}],
    ['without a tenant', { org: undefined }, {}],
    ['with a tenant that is no name', { org: '../x' }, {}],
    ['without a limit', { quota: undefined }, {}],
    ['that brings a key', {}, { jwk: { kty: 'EC' } }],
    ['that says where its key is', {}, { jku: 'http://127.0.0.1:1/' }],
    ['that says where its certificate is', {}, { x5u: 'http://127.0.0.1:1/' }],
  ])('%s is refused', async (_case, change, header) => {
    const token = await tokenBy(first, change, header)
    await expect(provider()(token)).rejects.toThrow()
  })

  it('is refused when it is signed with a shared secret, even one from the key set', async () => {
    served = { keys: [{ kty: 'oct', k: Buffer.alloc(32).toString('base64url'), kid: 'oct' }] }
    const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp: seconds() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'oct' })
      .sign(Buffer.alloc(32))
    await expect(provider()(token)).rejects.toThrow()
  })
})

describe('the key set', () => {
  it('is fetched once for many tokens', async () => {
    const check = provider()
    const token = await tokenBy(first)
    await Promise.all(Array.from({ length: 20 }, () => check(token)))
    expect(asked).toBe(1)
  })

  it('is fetched again for a new key, and at most every 30 s for keys that nobody has', async () => {
    const check = provider()
    await check(await tokenBy(first))
    const [second, forged] = [await newKey('second'), await newKey('forged')]
    served = { keys: [first.jwk, second.jwk] }
    clock.advance(31)
    expect((await check(await tokenBy(second))).tenant).toBe('acme')
    expect(asked).toBe(2)
    for (let nth = 0; nth < 50; nth += 1) {
      await expect(check(await tokenBy(forged))).rejects.toThrow()
    }
    expect(asked).toBe(2)
  })

  it('serves from memory while the provider is away, for an hour', async () => {
    const check = provider()
    await check(await tokenBy(first))
    status = 500
    clock.advance(50 * 60)
    expect((await check(await tokenBy(first))).tenant).toBe('acme')
    clock.advance(11 * 60)
    await expect(check(await tokenBy(first))).rejects.toMatchObject({
      fields: { slug: 'identity-unavailable', status: 503 },
    })
  })

  it('that was never there is asked for at most every 30 s, and follows no redirect', async () => {
    const check = provider()
    status = 302
    for (let nth = 0; nth < 10; nth += 1) {
      await expect(check(await tokenBy(first))).rejects.toMatchObject({ fields: { status: 503 } })
    }
    expect(asked).toBe(1)
    status = 200
    clock.advance(31)
    expect((await check(await tokenBy(first))).tenant).toBe('acme')
  })
})

describe('the bearer of such a token', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ checkForeign: (token) => provider()(token) })
  })
  afterAll(() => world.close())

  it('has its own uploads within its limits, as with a token of ours', async () => {
    const alice = apiOf(world, await tokenBy(first))
    const bob = apiOf(world, await tokenBy(first, { sub: 'bob', jti: 'j-2' }))
    const { body } = await alice.post('/v1/uploads', slotBody)
    expect(body).toMatchObject({ state: 'pending', subject: 'alice' })
    expect((await bob.get(`/v1/uploads/${body.id}`)).status).toBe(404)
    expect((await alice.post('/v1/uploads', slotBody)).status).toBe(201)
    expect((await alice.post('/v1/uploads', slotBody)).status).toBe(403)
    expect((await alice.get('/v1/uploads')).status).toBe(403)
  })

  it('is told 503 while nobody can tell, and 401 when the token is wrong', async () => {
    const wrong = await tokenBy(first, { aud: 'mail' })
    expect((await apiOf(world, wrong).get('/v1/uploads')).status).toBe(401)
    status = 500
    const answer = await apiOf(world, await tokenBy(first)).get('/v1/uploads')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30'])
  })
})
