import { afterEach, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:net'
import { doctor } from '../../src/cli/doctor.ts'
import { findContradictions } from '../../src/cli/doctor/contradictions.ts'
import type { Report } from '../../src/cli/doctor/report.ts'
import { isPrivateHost, isWorthGuessing } from '../../src/cli/doctor/guesses.ts'
import { loadConfig } from '../../src/config.ts'
import { examineReceivers } from '../../src/cli/doctor/egress.ts'
import { parseProfiles } from '../../src/profiles.ts'
import type { Store } from '../../src/store/store.ts'
import { insertWebhook } from '../../src/store/webhooks.ts'
import { aWebhook } from '../support/webhooks.ts'
import { createWorld, BUCKET, RECEIPT_KEY, SECRETS, type World } from '../support/world.ts'

const REQUIRED = {
  S3_BUCKET: BUCKET,
  TOKEN_SECRET: 'a secret for tests that is long enough',
  RECEIPT_PRIVATE_KEY: RECEIPT_KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}

let world: World | null = null
afterEach(async () => {
  await world?.close()
  world = null
})

/** Against the embedded store. */
async function examine(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const config = loadConfig({
    ...REQUIRED,
    DATABASE_URL: 'file:/nowhere/berth.db',
    S3_ENDPOINT: world?.objects.url ?? '',
    S3_FORCE_PATH_STYLE: 'on',
    S3_SIGNER_ACCESS_KEY_ID: 'dev-signer',
    S3_SIGNER_SECRET_ACCESS_KEY: SECRETS.signer,
    S3_READER_ACCESS_KEY_ID: 'dev-reader',
    S3_READER_SECRET_ACCESS_KEY: SECRETS.reader,
    S3_KEEPER_ACCESS_KEY_ID: 'dev-keeper',
    S3_KEEPER_SECRET_ACCESS_KEY: SECRETS.keeper,
    CORS_ORIGINS: 'https://app.example',
    ...env,
  })
  const lines: string[] = []
  const ok = await doctor(config, args, { print: (line) => void lines.push(line), width: 80 })
  return { ok, text: lines.join('\n') }
}

async function rowsOf(env: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const { ok, text } = await examine(['--json', ...args], env)
  const { rows } = JSON.parse(text) as Report
  return { ok, of: (check: string) => rows.find((row) => row.check === check) }
}

describe('berth doctor', () => {
  it('prints one table with what was tried, what came back, what it means and how to mend it', async () => {
    world = await createWorld()
    const { ok, text } = await examine()
    expect(ok).toBe(true)
    expect(text).toMatch(/^holds {4}size {14}tried {5}a PUT with a larger body/m)
    expect(text).toContain(`guarantees of ${BUCKET}: size storage`)
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(140)
  })

  it('says of a store without checksum support that Berth checks the SHA-256 itself, and how to mend it', async () => {
    world = await createWorld({ protections: { checksum: false } })
    const found = await rowsOf()
    expect(found.ok).toBe(true)
    expect(found.of('sha256')).toMatchObject({ outcome: 'weaker' })
    expect(found.of('sha256')?.means).toContain('verification')
    expect(found.of('sha256')?.mend).toContain('x-amz-checksum-sha256')
  })

  it('is not satisfied with a store that takes expired slots, or checks nothing', async () => {
    world = await createWorld({ protections: { expiry: false } })
    expect((await rowsOf()).of('expiry')).toMatchObject({ outcome: 'broken' })
    await world.close()
    world = await createWorld({ protections: { signature: false, expiry: false } })
    const found = await rowsOf()
    expect(found.ok).toBe(false)
    expect(found.of('size')).toMatchObject({ outcome: 'weaker' })
  })

  it('says so when nobody answers, instead of guessing at the rest', async () => {
    const found = await rowsOf({ S3_ENDPOINT: 'http://127.0.0.1:1' })
    expect(found.ok).toBe(false)
    expect(found.of('reach')?.mend).toContain('S3_ENDPOINT')
    expect(found.of('size')).toBeUndefined()
  })

  it('sends an object in parts as far as that goes without making one', async () => {
    world = await createWorld()
    expect((await rowsOf()).of('parts')).toMatchObject({
      outcome: 'holds',
      found: 'begun, sent, listed, ended',
    })
    const signer = {
      S3_SIGNER_ACCESS_KEY_ID: 'dev-reader',
      S3_SIGNER_SECRET_ACCESS_KEY: SECRETS.reader,
    }
    expect((await rowsOf(signer)).of('slot')).toMatchObject({ outcome: 'broken' })
  })

  it('connects to the addresses of webhooks, and says which cannot be reached', async () => {
    world = await createWorld()
    const server = await listening()
    const { port } = server.address() as { port: number }
    const open = `http://127.0.0.1:${port}/hook`
    expect((await rowsOf({}, ['--webhook', open])).of('webhook-egress')).toMatchObject({
      outcome: 'holds',
    })
    await new Promise((resolve) => server.close(resolve))
    const found = await rowsOf({}, ['--webhook', open])
    expect(found.of('webhook-egress')).toMatchObject({ outcome: 'broken', found: 'ECONNREFUSED' })
  })
})

describe('examineReceivers', () => {
  const register = (url: string, nth: number) =>
    insertWebhook(recordsOf(world), aWebhook(`wh_${nth}`, { url, created_at: nth }), 100)

  it('says nothing where nobody has registered, or there are no records', async () => {
    world = await createWorld()
    expect(await examineReceivers(null)).toEqual([])
    expect(await examineReceivers(world.store)).toEqual([])
  })

  it('connects to each registered server once: one that is down is weaker, all that are down are broken', async () => {
    world = await createWorld()
    const server = await listening()
    const { port } = server.address() as { port: number }
    for (const nth of [1, 2]) await register(`http://127.0.0.1:${port}/${nth}`, nth)
    const [all] = await examineReceivers(world.store)
    expect(all).toMatchObject({ outcome: 'holds', tried: expect.stringContaining('the 1 servers') })
    await register('http://127.0.0.1:1/', 3)
    const [one] = await examineReceivers(world.store)
    expect(one).toMatchObject({ outcome: 'weaker', found: '127.0.0.1:1 (ECONNREFUSED)' })
    await new Promise((resolve) => server.close(resolve))
    const [none] = await examineReceivers(world.store)
    expect(none).toMatchObject({ outcome: 'broken' })
    expect(none?.mend).toContain('Open the way out')
  })
})

const recordsOf = (one: World | null): Store => {
  if (!one) throw new Error('no world has begun')
  return one.store
}

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe('findContradictions', () => {
  const find = (env: NodeJS.ProcessEnv, profiles: object = { default: {} }) =>
    findContradictions(
      loadConfig({ ...REQUIRED, ...env }),
      parseProfiles({ profiles }, 'test'),
    ).map(({ check, outcome }) => [check, outcome])

  it.each<[string, NodeJS.ProcessEnv, object | undefined, [string, string]]>([
    ['nothing odd', {}, undefined, ['configuration', 'holds']],
    [
      'slots that lead to a container network, and clients from outside',
      { S3_ENDPOINT: 'http://minio:9000', PUBLIC_URL: 'https://berth.example.com' },
      undefined,
      ['public-endpoint', 'broken'],
    ],
    [
      'a store on loopback, for a laptop',
      { S3_ENDPOINT: 'http://127.0.0.1:9000' },
      undefined,
      ['public-endpoint', 'weaker'],
    ],
    [
      'secure pages and an insecure store',
      { S3_ENDPOINT: 'http://s3.example.com', CORS_ORIGINS: 'https://app.example.com' },
      undefined,
      ['public-endpoint', 'broken'],
    ],
    [
      'an IP address with subdomains',
      { S3_ENDPOINT: 'https://203.0.113.9' },
      undefined,
      ['public-endpoint', 'broken'],
    ],
    [
      'the secret of a quick start',
      { S3_KEEPER_ACCESS_KEY_ID: 'minioadmin', S3_KEEPER_SECRET_ACCESS_KEY: 'minioadmin' },
      undefined,
      ['secrets', 'broken'],
    ],
    [
      'a secret that was never filled in',
      { TOKEN_SECRET: 'please-change-me-please-change-me-now' },
      undefined,
      ['secrets', 'broken'],
    ],
    [
      'a profile that scans, and no scanner',
      {},
      { default: { scan: 'required' } },
      ['scanner', 'broken'],
    ],
    [
      'webhooks into the network of a public service',
      { WEBHOOK_ALLOW_PRIVATE: 'on', PUBLIC_URL: 'https://berth.example.com' },
      undefined,
      ['webhook-private', 'weaker'],
    ],
    [
      'events that are configured and refused',
      { ACCEPT_EVENTS: 'off', EVENTS_S3_TOKEN: 'a-token-of-some-length' },
      undefined,
      ['events-off', 'weaker'],
    ],
  ])('finds %s', (_what, env, profiles, expected) => {
    expect(find(env, profiles)).toEqual([expected])
  })

  it.each([
    'localhost',
    '10.1.2.3',
    '192.168.0.9',
    '172.20.0.1',
    'minio',
    'a.internal',
    '::1',
    '[fd00::1]',
  ])('takes %s for private', (host) => expect(isPrivateHost(host)).toBe(true))

  it.each(['s3.example.com', '203.0.113.9', '172.32.0.1', '2001:db8::1'])(
    'takes %s for public',
    (host) => expect(isPrivateHost(host)).toBe(false),
  )

  it('takes random secrets for good, and symbols in a row for bad', () => {
    expect(isWorthGuessing('k3Jd0s_9qLzPw7Yv')).toBe(false)
    expect(isWorthGuessing('x'.repeat(40))).toBe(true)
  })
})
