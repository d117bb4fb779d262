import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { audit } from '../../src/cli/audit.ts'
import { backup } from '../../src/cli/backup.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { advance } from '../../src/store/advance.ts'
import { findById } from '../../src/store/uploads.ts'
import { createPlant, strangeKey, type Plant } from '../support/plant.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { BUCKET, createWorld, put, RECEIPT_KEY, SECRETS, type World } from '../support/world.ts'

const bytes = someBytes(64)
let folder: string
let world: World
let plant: Plant
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-operators-'))
  world = await createWorld({ folder })
  plant = createPlant(world.objects.url, world.clock.now)
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

type Ended = { code: number; stdout: string; stderr: string }

const berth = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const environment = {
      PATH: process.env['PATH'],
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      DATABASE_URL: `file:${folder}/berth.db`,
      TOKEN_SECRET: 'a secret for tests that is long enough',
      RECEIPT_PRIVATE_KEY: RECEIPT_KEY.privateKey
        .export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      S3_BUCKET: BUCKET,
      S3_ENDPOINT: world.objects.url,
      S3_FORCE_PATH_STYLE: 'on',
      S3_KEEPER_ACCESS_KEY_ID: 'dev-keeper',
      S3_KEEPER_SECRET_ACCESS_KEY: SECRETS.keeper,
      ...env,
    }
    execFile(
      process.execPath,
      ['dist/main.js', ...args],
      { env: environment },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

async function readyUpload(): Promise<string> {
  const { upload, slot } = await world.broker.issueSlot('acme', requestFor(bytes))
  await put(slot, bytes)
  await world.broker.completeUpload('acme', upload.id)
  await world.work()
  return upload.id
}

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown)

describe('each command', () => {
  it.each([
    [['audit']],
    [['audit', '--since', 'yesterday']],
    [['audit', '--since', '2026-01-31']],
    [['audit', '--since', '2026-01-31T00:00:00Z', '--until', 'x']],
    [['audit', '--from', '2026-01-31T00:00:00Z']],
    [['reconcile', '--what']],
    [['backup']],
    [['backup', '--force']],
    [['backup', 'a', 'b']],
    [['uploads']],
    [['uploads', 'retry']],
    [['uploads', 'reopen', 'x']],
    [['keys', 'revoke']],
  ])('ends with 2 when it is used wrongly: %j', async (args) => {
    const { code, stdout, stderr } = await berth(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toMatch(/\n {4}at /)
  })
})

const databaseAt = (url: string) => ({ url, poolSize: 1, migrateOnStart: true })

describe('berth audit', () => {
  it('prints each transition since that time as one JSON line, and none from before', async () => {
    await readyUpload()
    await new Promise((resolve) => setTimeout(resolve, 2))
    const since = new Date().toISOString()
    const id = await readyUpload()
    const { code, stdout } = await berth(['audit', '--since', since])
    expect(code).toBe(0)
    const of = { uploadId: id, tenant: 'acme', profile: 'default' }
    expect(linesOf(stdout)).toMatchObject([
      { ...of, version: 1, previousState: null, state: 'pending', cause: 'api' },
      { ...of, version: 2, previousState: 'pending', state: 'received', cause: 'complete' },
      { ...of, version: 3, previousState: 'received', state: 'verifying', cause: 'worker' },
      { ...of, version: 4, previousState: 'verifying', state: 'ready', cause: 'worker' },
    ])
    const until = await berth(['audit', '--since', '2020-01-01T00:00:00+02:00', '--until', since])
    expect(until.stdout).not.toContain(id)
    expect(linesOf(until.stdout).length).toBeGreaterThan(3)
  })

  it('ends quietly when its reader has seen enough', async () => {
    const to = new PassThrough({ highWaterMark: 1 })
    const done = audit(
      databaseAt(`file:${folder}/berth.db`),
      ['--since', '2020-01-01T00:00:00Z'],
      to,
    )
    await new Promise((resolve) => to.once('readable', resolve))
    to.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }))
    await expect(done).resolves.toBeUndefined()
  })
})

describe('berth reconcile', () => {
  it('ends with 0 and prints nothing while nothing differs, else with 1 and what differs', async () => {
    const id = await readyUpload()
    expect(await berth(['reconcile'])).toMatchObject({ code: 0, stdout: '' })

    const key = await plant(strangeKey('objects/'))
    const { sealedKey } = (await findById(world.store, id)) ?? {}
    await world.bucket.remove({ bucket: BUCKET, key: sealedKey ?? '' })
    const told = await berth(['reconcile'])
    expect(told.code).toBe(1)
    expect(told.stdout).toContain(`unnamed: s3://${BUCKET}/${key}: 64 bytes`)
    expect(told.stdout).toContain(`lost: s3://${BUCKET}/${sealedKey ?? ''}: ${id} is ready`)
    expect(told.stdout.split('\n')).toHaveLength(3)

    const json = await berth(['reconcile', '--json'])
    const found = linesOf(json.stdout)
    expect([json.code, found.length]).toEqual([1, 2])
    expect(found).toContainEqual({
      ...{ kind: 'lost', uploadId: id, bucket: BUCKET, key: sealedKey },
      ...{ recorded: 64, found: null },
    })
    // It only tells: whatever is there is there still.
    expect(await world.bucket.head({ bucket: BUCKET, key })).not.toBeNull()
    await world.bucket.remove({ bucket: BUCKET, key })
  })

  it('ends with 1 and says so when the store does not answer', async () => {
    const { code, stderr } = await berth(['reconcile'], { S3_ENDPOINT: 'http://127.0.0.1:1' })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^berth: /)])
  })
})

describe('berth backup', () => {
  it('makes one sound file, and refuses to overwrite it', async () => {
    const file = join(folder, 'copy.db')
    expect(await berth(['backup', file])).toMatchObject({ code: 0 })
    const again = await berth(['backup', file])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('never overwrites')])
    const made = readdirSync(folder).filter((name) => name.startsWith('copy'))
    expect(made).toEqual(['copy.db'])
    const env = { DATABASE_URL: `file:${file}` }
    const [copied, original] = await Promise.all([
      berth(['audit', '--since', '2020-01-01T00:00:00Z'], env),
      berth(['audit', '--since', '2020-01-01T00:00:00Z']),
    ])
    expect(copied.stdout).toBe(original.stdout)
  })

  it('leaves nothing behind when it fails', async () => {
    const damaged = join(folder, 'damaged.db')
    await backup(databaseAt(`file:${folder}/berth.db`), [damaged], () => undefined)
    writeFileSync(damaged, Buffer.alloc(20_000, 7), { flag: 'r+' })
    const file = join(folder, 'of-damaged.db')
    expect((await berth(['backup', file], { DATABASE_URL: `file:${damaged}` })).code).toBe(1)
    expect((await berth(['backup', join(folder, 'no', 'such', 'folder')])).code).toBe(1)
    const absent = { DATABASE_URL: `file:${folder}/absent.db` }
    expect((await berth(['backup', file], absent)).code).toBe(1)
    expect(existsSync(join(folder, 'absent.db'))).toBe(false)
    expect(readdirSync(folder).filter((name) => name.startsWith('of-damaged'))).toEqual([])
  })

  it('names pg_dump when the records are in PostgreSQL', async () => {
    const tried = backup(databaseAt('postgres://localhost/berth'), ['x'], () => undefined)
    await expect(tried).rejects.toThrow(UsageError)
    await expect(tried).rejects.toThrow(/pg_dump/)
  })
})

describe('berth uploads retry', () => {
  it('reopens a failed upload, and no other', async () => {
    const { upload } = await world.broker.issueSlot('acme', requestFor(bytes))
    const retry = () => berth(['uploads', 'retry', upload.id])
    expect((await retry()).code).toBe(1)

    const step = { cause: 'worker', at: new Date() } as const
    const received = await advance(world.store, upload, { ...step, to: 'received' })
    const set = { lease_node: 'n', sealed_key: 'k' }
    const leased =
      received && (await advance(world.store, received, { ...step, to: 'verifying', set }))
    if (leased) await advance(world.store, leased, { ...step, to: 'failed' })

    expect(await retry()).toMatchObject({ code: 0, stdout: `${upload.id}: received\n` })
    expect((await retry()).code).toBe(1)
    expect((await berth(['uploads', 'retry', 'upl_none'])).code).toBe(1)
    expect((await world.broker.uploadHistory('acme', upload.id)).at(-1)).toMatchObject({
      state: 'received',
      cause: 'operator',
    })
  })
})
