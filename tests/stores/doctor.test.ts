import { ListObjectsV2Command, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBerth, type Berth } from '../support/berth.ts'
import { startClamd } from '../support/clamd.ts'
import { freePort } from '../support/processes.ts'
import { BUCKET, EVENTS_TOKEN } from '../support/world.ts'
import {
  AS_ADMIN,
  createUsers,
  environmentFor,
  mc,
  ORIGIN,
  runDoctor,
  WITH_EVENTS,
} from './doctor-setup.ts'
import { startMinistack } from './ministack.ts'
import {
  bucketConfigFor,
  rootClient,
  startMinio,
  startVersitygw,
  type RealStore,
} from './servers.ts'

const STORAGE = {
  size: 'storage',
  contentType: 'storage',
  sha256: 'storage',
  singleUse: 'storage',
}

/** A store whose webhook leads to a Berth that runs. */
async function startBoth(start: typeof startMinio | typeof startVersitygw) {
  const port = await freePort()
  const berth = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`))
  // versitygw does not start while nobody answers.
  await berth.start()
  const webhook = { url: `${berth.url}/events/s3`, token: EVENTS_TOKEN, queue: false }
  const store = await start(webhook, port)
  return { berth, store }
}

describe('berth doctor on MinIO', () => {
  let store: RealStore
  let berth: Berth
  let env: NodeJS.ProcessEnv
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'berth-doctor-'))
    const both = await startBoth(startMinio)
    store = both.store
    berth = both.berth
    const users = createUsers(store.url)
    env = environmentFor(
      { ...store.config, ...users },
      { ...WITH_EVENTS, ...AS_ADMIN, DATABASE_URL: `file:${berth.databaseFile}` },
    )
  }, 120_000)
  afterAll(async () => {
    await berth.close()
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it('finds that all holds when it is well set up, once --fix has added the lifecycle', async () => {
    const first = await runDoctor(env)
    expect(first).toMatchObject({ ok: true, code: 0 })
    expect(first.row('lifecycle')).toMatchObject({ outcome: 'weaker' })

    const fixed = await runDoctor(env, ['--fix'])
    expect(fixed.fixed).toEqual([`lifecycle of ${BUCKET}: applied`])
    const weaker = fixed.rows.filter(({ outcome }) => outcome !== 'holds')
    // A store on loopback, and an update of MinIO that is not to be had.
    expect(weaker.map(({ check }) => check)).toEqual(['public-endpoint', 'forgery'])
    expect(fixed.guarantees).toEqual({ [BUCKET]: STORAGE })
    expect(fixed.row('events').found).toBe('it came')
  }, 60_000)

  it('leaves nothing in the bucket', async () => {
    await runDoctor(env)
    const { Contents = [] } = await listAll(store)
    expect(Contents.map(({ Key }) => Key)).toEqual([])
  }, 60_000)

  it('finds a wrong region, and names S3_REGION', async () => {
    const found = await runDoctor({ ...env, S3_REGION: 'eu-west-7' })
    expect(found.code).toBe(1)
    expect(found.row('reach')).toMatchObject({ outcome: 'broken' })
    expect(found.row('reach').mend).toContain('S3_REGION')
  }, 60_000)

  it.each([
    ['keeper', 'reach'],
    ['signer', 'slot'],
    ['reader', 'download'],
  ])(
    'finds a wrong secret of the %s',
    async (who, check) => {
      const found = await runDoctor({
        ...env,
        [`S3_${who.toUpperCase()}_SECRET_ACCESS_KEY`]: 'another-secret-9',
      })
      expect(found.code).toBe(1)
      expect(found.row(check)).toMatchObject({ outcome: 'broken' })
      expect(found.row(check).mend).toMatch(new RegExp(who, 'i'))
    },
    60_000,
  )

  it('finds a public bucket', async () => {
    const client = rootClient(store.url)
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: ['*'] },
          Action: ['s3:GetObject'],
          Resource: [`arn:aws:s3:::${BUCKET}/*`],
        },
      ],
    })
    await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }))
    const found = await runDoctor(env)
    mc(store.url, 'anonymous', 'set', 'none', `berth/${BUCKET}`)
    expect(found.code).toBe(1)
    expect(found.row('anonymous')).toMatchObject({ outcome: 'broken' })
    expect(found.row('anonymous').means).toContain('read what is ready')
    expect((await runDoctor(env)).row('anonymous').outcome).toBe('holds')
  }, 60_000)

  it('finds a signer that is too strong, and that one can forge its way into objects/', async () => {
    mc(store.url, 'admin', 'user', 'add', 'berth', 'strong', 'a-strong-secret-1')
    mc(store.url, 'admin', 'policy', 'attach', 'berth', 'readwrite', '--user', 'strong')
    const strong = {
      S3_SIGNER_ACCESS_KEY_ID: 'strong',
      S3_SIGNER_SECRET_ACCESS_KEY: 'a-strong-secret-1',
    }
    const found = await runDoctor({ ...env, ...strong })
    expect(found.code).toBe(1)
    expect(found.row('signer-rights')).toMatchObject({ outcome: 'broken' })
    expect(found.row('signer-rights').mend).toContain('infra/bucket/signer-policy.json')
    expect(found.row('forgery')).toMatchObject({ outcome: 'broken' })
    expect(found.row('reader-rights')).toMatchObject({ outcome: 'holds' })
  }, 60_000)

  it('finds a clock that is an hour off', async () => {
    const fake = { ...env, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
    const found = await runDoctor(fake, [], ['faketime', '-f', '+1h'])
    expect(found.code).toBe(1)
    expect(found.row('clock')).toMatchObject({ outcome: 'broken' })
    expect(found.row('clock').found).toMatch(/(359\d|360\d) s ahead/)
    expect(found.row('clock').mend).toContain('NTP')
  }, 60_000)

  it('finds a public address that nobody reaches, and names S3_PUBLIC_ENDPOINT', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`
    const found = await runDoctor({
      ...env,
      S3_PUBLIC_ENDPOINT: nobody,
      PUBLIC_URL: 'https://uploads.example.com',
    })
    expect(found.code).toBe(1)
    expect(found.row('slot').mend).toContain('S3_PUBLIC_ENDPOINT')
    expect(found.row('public-endpoint')).toMatchObject({ outcome: 'broken' })
  }, 60_000)

  it('finds a clamd whose limit is below what a profile lets in', async () => {
    const clamd = await startClamd('4M')
    const file = join(folder, 'profiles.json')
    const profile = { scan: 'required', maxSize: '16MiB' }
    writeFileSync(file, JSON.stringify({ profiles: { default: profile } }))
    const found = await runDoctor({ ...env, CLAMD_ADDRESS: clamd.address, BERTH_PROFILES: file })
    await clamd.close()
    expect(found.code).toBe(1)
    expect(found.row('clamd')).toMatchObject({ outcome: 'broken' })
    expect(found.row('clamd').mend).toContain('StreamMaxLength')
  }, 60_000)
})

const listAll = ({ url }: RealStore) =>
  rootClient(url).send(new ListObjectsV2Command({ Bucket: BUCKET }))

describe('berth doctor on MinIO without a notification', () => {
  it('says that uploads will be late, and --fix sets one up', async () => {
    const port = await freePort()
    const webhook = {
      url: `http://127.0.0.1:${port}/events/s3`,
      token: 'x'.repeat(16),
      queue: true,
    }
    const store = await startMinio(webhook)
    mc(store.url, 'event', 'remove', `berth/${BUCKET}`, '--force')
    const env = environmentFor(store.config, WITH_EVENTS)
    const found = await runDoctor(env)
    expect(found.row('notification')).toMatchObject({
      outcome: 'weaker',
      found: 'nothing is told of',
    })
    expect(found.row('notification').mend).toContain('--fix')
    const fixed = await runDoctor(env, ['--fix'])
    expect(fixed.fixed).toContain(`notification of ${BUCKET}: applied`)
    expect(fixed.row('notification')).toMatchObject({ outcome: 'holds' })
    await store.close()
  }, 90_000)
})

describe('berth doctor on versitygw', () => {
  it('finds that CORS is missing, mends it by --fix, and then everything holds that it knows', async () => {
    const { berth, store } = await startBoth(startVersitygw)
    const database = { DATABASE_URL: `file:${berth.databaseFile}` }
    const env = environmentFor(store.config, { ...WITH_EVENTS, ...database })
    const found = await runDoctor(env)
    expect(found.code).toBe(1)
    expect(found.row('cors')).toMatchObject({ outcome: 'broken' })
    expect(found.row('cors').means).toContain(ORIGIN)

    const fixed = await runDoctor(env, ['--fix'])
    expect(fixed).toMatchObject({ ok: true, code: 0, guarantees: { [BUCKET]: STORAGE } })
    expect(fixed.fixed).toEqual([`cors of ${BUCKET}: applied`])
    const others = fixed.rows.filter(({ outcome }) => outcome !== 'holds')
    // One credential for all three, on loopback, and its notification is no setting of the bucket.
    expect(others.map(({ check, outcome }) => [check, outcome])).toEqual([
      ['public-endpoint', 'weaker'],
      ['signer-rights', 'weaker'],
      ['reader-rights', 'weaker'],
      ['notification', 'unknown'],
    ])
    expect(fixed.row('events').found).toBe('it came')
    await berth.close()
    await store.close()
  }, 120_000)
})

describe('berth doctor on ministack', () => {
  it('finds its queue, its usual secret, and that this store lets everybody write', async () => {
    const ministack = await startMinistack()
    const queue = await ministack.wire('queue')
    const env = environmentFor(ministack.config, {
      EVENTS_SQS_QUEUE_URL: queue,
      SQS_ENDPOINT: ministack.endpoint,
    })
    const found = await runDoctor(env)
    expect(found.row('notification')).toMatchObject({ outcome: 'holds' })
    expect(found.guarantees).toEqual({ [BUCKET]: STORAGE })
    const broken = found.rows.filter(({ outcome }) => outcome === 'broken')
    expect(broken.map(({ check }) => check)).toEqual(['secrets', 'anonymous'])
    await ministack.close()
  }, 90_000)
})
