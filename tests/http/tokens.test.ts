import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { someBytes } from '../support/uploads.ts'
import { createWorld, put, TOKEN_SECRET, type World } from '../support/world.ts'

let world: World
let api: Api
beforeAll(async () => {
  world = await createWorld({
    profiles: { default: {}, photos: { contentTypes: ['image/*'] }, one: { openSlots: 1 } },
  })
  api = apiOf(world, await world.newKey())
})
afterAll(() => world.close())

const terms = { profile: 'default', maxUploads: 5, maxBytes: 1000, expiresIn: 600, subject: 'u-1' }

async function bearer(change: object = {}, from = api): Promise<Api> {
  const { body } = await from.post('/v1/tokens', { ...terms, ...change })
  return apiOf(world, body.token)
}

const slugOf = (answer: { body: { type?: string } }) => answer.body.type?.replace('/problems/', '')
const usedBy = async (): Promise<number> =>
  (await world.store.db.selectFrom('uploads').select('id').execute()).length

describe('POST /v1/tokens', () => {
  it('answers 201 with a JWT of the agreed claims, good for as long as it says', async () => {
    const answer = await api.post('/v1/tokens', terms)
    expect(answer.status).toBe(201)
    const [header, payload] = (answer.body.token as string)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as JWTPayload)
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(payload).toMatchObject({
      iss: 'berth',
      aud: 'berth',
      sub: 'u-1',
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      tenant: 'tenant-a',
      profile: 'default',
      maxUploads: 5,
      maxBytes: 1000,
    })
    expect((payload?.exp ?? 0) - (payload?.iat ?? 0)).toBe(600)
    expect(new Date(answer.body.expiresAt).getTime()).toBe((payload?.exp ?? 0) * 1000)
  })

  it.each([
    ['more than an hour', { expiresIn: 3601 }, 422],
    ['no uploads', { maxUploads: 0 }, 422],
    ['no bytes', { maxBytes: 0 }, 422],
    ['half an upload', { maxUploads: 1.5 }, 422],
    ['an unknown field', { tenant: 'other' }, 422],
    ['an unknown profile', { profile: 'none' }, 422],
    ['a lone surrogate', { subject: '\ud800' }, 422],
  ])('refuses %s', async (_case, change, status) => {
    expect((await api.post('/v1/tokens', { ...terms, ...change })).status).toBe(status)
  })

  it('is for API keys that may write, and for no token', async () => {
    const reader = apiOf(world, await world.newKey('tenant-a', ['uploads:read']))
    expect((await reader.post('/v1/tokens', terms)).status).toBe(403)
    expect((await (await bearer()).post('/v1/tokens', terms)).status).toBe(403)
  })
})

describe('the bearer of a token', () => {
  it('takes its own upload through its life, under the subject of the token', async () => {
    const mine = await bearer()
    const { body, status } = await mine.post('/v1/uploads', slotBody)
    expect([status, body.subject]).toEqual([201, 'u-1'])
    const path = `/v1/uploads/${body.id}`
    const renewed = await mine.post(`${path}/slot`)
    expect(renewed.status).toBe(201)
    await put(renewed.body.slot, someBytes(64))
    expect((await mine.post(`${path}/complete`)).status).toBe(202)
    await world.work()
    expect((await mine.get(path)).body.state).toBe('ready')
    for (const part of ['/download', '/history', '/receipt']) {
      expect((await mine.get(path + part).set('accept', '*/*')).status).toBe(200)
    }
  })

  it('may cancel before ready, and may not delete after it', async () => {
    const mine = await bearer()
    const first = (await mine.post('/v1/uploads', slotBody)).body
    expect((await mine.delete(`/v1/uploads/${first.id}`)).body.state).toBe('canceled')
    const second = (await mine.post('/v1/uploads', slotBody)).body
    await put(second.slot, someBytes(64))
    await mine.post(`/v1/uploads/${second.id}/complete`)
    await world.work()
    const refused = await mine.delete(`/v1/uploads/${second.id}`)
    expect([refused.status, slugOf(refused)]).toEqual([403, 'forbidden'])
    expect((await mine.get(`/v1/uploads/${second.id}`)).body.state).toBe('ready')
  })

  it('gets, from every call, the 404 of an unknown id for what was not made with it', async () => {
    const mine = await bearer()
    const fromKey = (await api.post('/v1/uploads', { ...slotBody, subject: 'u-1' })).body
    const others = [
      await bearer({ subject: 'u-2' }),
      await bearer({ profile: 'photos' }),
      await bearer({}, apiOf(world, await world.newKey('tenant-b'))),
    ]
    const theirs: { id: string }[] = []
    for (const other of others) {
      const image = { ...slotBody, contentType: 'image/png' }
      theirs.push((await other.post('/v1/uploads', image)).body as { id: string })
    }
    const unknown = `upl_${'f'.repeat(32)}`
    const calls = [
      ['get', ''],
      ['delete', ''],
      ['post', '/slot'],
      ['post', '/complete'],
      ['get', '/download'],
      ['get', '/history'],
      ['get', '/receipt'],
    ] as const
    for (const [method, path] of calls) {
      const none = await mine[method](`/v1/uploads/${unknown}${path}`)
      for (const { id } of [fromKey, ...theirs]) {
        const refused = await mine[method](`/v1/uploads/${id}${path}`)
        expect(refused.status).toBe(404)
        expect({ ...refused.body, instance: '' }).toEqual({ ...none.body, instance: '' })
      }
    }
    expect((await api.get(`/v1/uploads/${fromKey.id}`)).body.state).toBe('pending')
  })

  it('goes on with what an earlier token for its subject and profile has begun', async () => {
    const { id } = (await (await bearer()).post('/v1/uploads', slotBody)).body
    const later = await bearer()
    const { body, status } = await later.post(`/v1/uploads/${id}/slot`)
    expect([status, body.subject]).toEqual([201, 'u-1'])
    await put(body.slot, someBytes(64))
    expect((await later.post(`/v1/uploads/${id}/complete`)).status).toBe(202)
  })

  it('without a subject sees nothing of another one without a subject', async () => {
    const [one, two] = [await bearer({ subject: null }), await bearer({ subject: null })]
    const { id } = (await one.post('/v1/uploads', slotBody)).body
    expect((await one.get(`/v1/uploads/${id}`)).status).toBe(200)
    expect((await two.get(`/v1/uploads/${id}`)).status).toBe(404)
  })

  it('may not list', async () => {
    const answer = await (await bearer()).get('/v1/uploads')
    expect([answer.status, slugOf(answer)]).toEqual([403, 'forbidden'])
  })

  it('needs not name its profile, may use no other, and no subject of its choice', async () => {
    const mine = await bearer({ profile: 'photos' })
    const image = { ...slotBody, contentType: 'image/png' }
    expect((await mine.post('/v1/uploads', image)).body.profile).toBe('photos')
    const other = await mine.post('/v1/uploads', { ...image, profile: 'default' })
    expect([other.status, slugOf(other)]).toEqual([403, 'forbidden'])
    const posing = await mine.post('/v1/uploads', { ...image, subject: 'u-2' })
    expect([posing.status, posing.body.errors?.[0]?.pointer]).toEqual([422, '/subject'])
  })

  it('has exactly as many uploads as it was given, also when it asks for fifty at once', async () => {
    const mine = await bearer({ maxUploads: 3, maxBytes: 1_000_000 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => mine.post('/v1/uploads', slotBody).then((a) => a)),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(new Set(refused.map(slugOf))).toEqual(new Set(['quota-exceeded']))
  })

  it('has exactly as many bytes as it was given, counted in a batch item by item', async () => {
    const mine = await bearer({ maxBytes: 100 })
    const sizes = [60, 60, 40, 1]
    const { body } = await mine.post('/v1/uploads/batch', {
      uploads: sizes.map((size) => ({ ...slotBody, size })),
    })
    expect(body.results.map((result: object) => 'upload' in result)).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  it('keeps what it has for uploads that were refused for another reason', async () => {
    const own = apiOf(world, await world.newKey('tenant-full'))
    await own.post('/v1/uploads', { ...slotBody, profile: 'one' })
    const mine = await bearer({ profile: 'one', maxUploads: 1 }, own)
    expect((await mine.post('/v1/uploads', slotBody)).status).toBe(403)
    const [blocking] = (await own.get('/v1/uploads')).body.uploads
    await own.delete(`/v1/uploads/${blocking.id}`)
    expect((await mine.post('/v1/uploads', slotBody)).status).toBe(201)
  })

  it('is not told of an upload by another bearer’s Idempotency-Key', async () => {
    const [one, two] = [await bearer(), await bearer()]
    const ask = (who: Api) => who.post('/v1/uploads', slotBody).set('idempotency-key', 'k')
    const first = await ask(one)
    expect((await ask(one)).body.id).toBe(first.body.id)
    expect((await ask(two)).body.id).not.toBe(first.body.id)
  })
})

const now = (): number => Math.floor(world.clock.now().getTime() / 1000)
const claims = () => ({
  tenant: 'tenant-a',
  profile: 'default',
  maxUploads: 5,
  maxBytes: 1000,
  iss: 'berth',
  aud: 'berth',
  sub: '',
  jti: 'a-token',
  exp: now() + 600,
})
const secret = Buffer.from(TOKEN_SECRET)
const signed = (change: object = {}, header: object = {}, key: Uint8Array = secret) =>
  new SignJWT({ ...claims(), ...change }).setProtectedHeader({ alg: 'HS256', ...header }).sign(key)

const withoutClaim = (name: string) => {
  const rest: JWTPayload = Object.fromEntries(
    Object.entries(claims()).filter(([claim]) => claim !== name),
  )
  return new SignJWT(rest).setProtectedHeader({ alg: 'HS256' }).sign(secret)
}

describe('a token', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' })

  it.each<[string, () => Promise<string>]>([
    ['as we sign it', () => signed()],
    ['F7 expired 50 s ago', () => signed({ exp: now() - 50 })],
    ['F7 valid in 50 s', () => signed({ nbf: now() + 50 })],
  ])('%s is taken', async (_case, make) => {
    const answer = await apiOf(world, await make()).get(`/v1/uploads/upl_${'0'.repeat(32)}`)
    expect(answer.status).toBe(404)
  })

  it.each<[string, () => Promise<string>]>([
    ['F6 signed with a public key as the secret', () => signed({}, {}, Buffer.from(publicPem))],
    [
      'F6 signed with RSA',
      () => new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey),
    ],
    ['without a signature', () => Promise.resolve(new UnsecuredJWT(claims()).encode())],
    ['signed with HS384', () => signed({}, { alg: 'HS384' })],
    ['signed with HS512', () => signed({}, { alg: 'HS512' })],
    ['signed with another secret', () => signed({}, {}, Buffer.from('x'.repeat(40)))],
    ['F7 expired 61 s ago', () => signed({ exp: now() - 62 })],
    ['F7 valid in 61 s', () => signed({ nbf: now() + 62 })],
    ['F9 for another audience', () => signed({ aud: 'other' })],
    ['F9 by another issuer', () => signed({ iss: 'other' })],
    ['F10 with a path as kid', () => signed({}, { kid: '../../dev/null' })],
    ['F10 with SQL as kid', () => signed({}, { kid: "' or 1=1 --" })],
    ['F10 with a jku', () => signed({}, { jku: 'https://evil.example/keys' })],
    ['F10 with an x5u', () => signed({}, { x5u: 'https://evil.example/cert' })],
    ['F10 with a jwk', () => signed({}, { jwk: { kty: 'oct', k: 'AA' } })],
    ['with more uploads than a number', () => signed({ maxUploads: '5' })],
    ['with a negative limit', () => signed({ maxBytes: -1 })],
    ['without jti', () => withoutClaim('jti')],
    ['without exp', () => withoutClaim('exp')],
    ['without tenant', () => withoutClaim('tenant')],
    [
      'changed after it was signed',
      async () => {
        const [header, , signature] = (await signed()).split('.')
        const richer = Buffer.from(JSON.stringify({ ...claims(), tenant: 'other' }))
        return [header, richer.toString('base64url'), signature].join('.')
      },
    ],
    [
      'whose signature is of a cursor',
      () => {
        const tag = createHmac('sha256', TOKEN_SECRET).update('cursor\nx\ny').digest('base64url')
        return Promise.resolve(`e30.e30.${tag}`)
      },
    ],
  ])('%s is refused with 401, and nothing is fetched', async (_case, make) => {
    const before = await usedBy()
    const fetched = watchFetch()
    const answer = await apiOf(world, await make()).post('/v1/uploads', slotBody)
    expect(fetched.stop()).toEqual([])
    expect([answer.status, slugOf(answer)]).toEqual([401, 'unauthenticated'])
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
    expect(await usedBy()).toBe(before)
  })
})

/** Every address that anything in this process fetches, until it is stopped. */
function watchFetch(): { stop: () => string[] } {
  const real = globalThis.fetch
  const fetched: string[] = []
  globalThis.fetch = (...args: Parameters<typeof fetch>) => {
    fetched.push(args[0] instanceof Request ? args[0].url : args[0].toString())
    return real(...args)
  }
  return {
    stop: () => {
      globalThis.fetch = real
      return fetched
    },
  }
}
