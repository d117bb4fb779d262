import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUsers, environmentFor, WITH_EVENTS } from '../stores/doctor-setup.ts'
import { startMinio, type RealStore } from '../stores/servers.ts'
import { uploadOnce } from '../stores/upload-once.ts'
import { call, untilFinal, type Shown } from '../support/berth.ts'
import { freePort, until } from '../support/processes.ts'
import { startReceivers, type Receivers } from '../support/receivers.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { download, EVENTS_TOKEN, put } from '../support/world.ts'
import { onPostgres, onSqlite, type Rehearsed } from './databases.ts'
import { CONTRACTION, EXPANSION, plantContracting, plantExpanding } from './plant-release.ts'
import { command, install, packHere, serve, type Release, type Serving } from './release.ts'
import { printTimes, timed } from './times.ts'

/** The package of the release that runs in production; without it this one is taken for it, and the next is planted. */
const PREVIOUS = process.env['PREVIOUS'] ?? null

let folder: string
let previous: Release
let next: Release
let afterNext: Release | null = null

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-release-'))
  const packed = await timed('build and npm pack', () => packHere(join(folder, 'pack')))
  const here = await install('this release', packed, join(folder, 'here'))
  if (PREVIOUS !== null) {
    previous = await install('the previous release', PREVIOUS, join(folder, 'previous'))
    next = here
    return
  }
  previous = here
  next = plantExpanding(here, join(folder, 'next'))
  afterNext = plantContracting(next, join(folder, 'after-next'))
}, 1_800_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('a deployment on %s', (_name, open) => {
  let database: Rehearsed
  let store: RealStore
  let receivers: Receivers
  let env: NodeJS.ProcessEnv
  /** The same, on the copy of the records. */
  let copyEnv: NodeJS.ProcessEnv
  let key: string
  let serving: Serving | null = null
  /** What each upload's bytes hash to. */
  const promised = new Map<string, string>()
  let waiting: Shown

  beforeAll(async () => {
    database = await open()
    receivers = await startReceivers()
    const port = await freePort()
    const events = { url: `http://127.0.0.1:${port}/events/s3`, token: EVENTS_TOKEN, queue: true }
    store = await startMinio(events)
    const bucket = { ...store.config, ...createUsers(store.url) }
    env = environmentFor(bucket, {
      ...WITH_EVENTS,
      PORT: String(port),
      DATABASE_URL: database.url,
      WEBHOOK_ALLOW_PRIVATE: 'on',
      LOG_LEVEL: 'warn',
    })
  }, 120_000)
  afterAll(async () => {
    await serving?.stop()
    await store.close()
    await receivers.close()
    await database.close()
    printTimes(`\n${database.name}:`)
  })

  const start = async (release: Release, with_: NodeJS.ProcessEnv): Promise<Serving> =>
    (serving = await serve(release, with_))

  async function stop(): Promise<void> {
    const ending = serving
    serving = null
    if (ending) expect(await timed(`stop ${ending.release.name}`, ending.stop)).toBe(0)
  }

  const here = () => ({ url: serving?.url ?? '', key })

  async function issue(bytes: Buffer): Promise<Shown> {
    const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
    return call(here(), 'POST', '/v1/uploads', body)
  }

  async function readyOne(nth: number): Promise<void> {
    const bytes = someBytes(2_000, nth)
    const { id, slot } = await issue(bytes)
    expect(await put(slot, bytes)).toBe(200)
    expect((await untilFinal(here(), id)).state).toBe('ready')
    promised.set(id, sha256Of(bytes))
  }

  /** Everything that any release has promised so far is still what it was. */
  async function assertKept(): Promise<void> {
    for (const [id, sha256] of promised) {
      const { url } = await call<{ url: string }>(here(), 'GET', `/v1/uploads/${id}/download`)
      expect(sha256Of((await download(url)).bytes)).toBe(sha256)
    }
  }

  async function assertHealthy(release: Release): Promise<void> {
    const examined = await timed(`doctor of ${release.name}`, () =>
      command(release, ['doctor', '--json'], copyEnv),
    )
    expect([examined.code, examined.stderr]).toEqual([0, ''])
    timedDemo(release)
    const told = receivers.received.length
    await readyOne(promised.size)
    await untilTold(told + 1)
  }

  const untilTold = (count: number): Promise<void> =>
    until('the webhook', () => Promise.resolve(receivers.received.length >= count))

  /** The demo of this working copy, against the release that serves. */
  function timedDemo({ name }: Release): void {
    const data = join(folder, 'demo')
    mkdirSync(data, { recursive: true })
    writeFileSync(join(data, 'api-key'), key)
    const began = performance.now()
    const said = execFileSync(process.execPath, ['dist/dev/demo.js'], {
      env: { PATH: process.env['PATH'], PORT: copyEnv['PORT'], BERTH_DATA: data },
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(said).toContain('using the running stack')
    expect(said).toContain('Everything held.')
    const seconds = ((performance.now() - began) / 1000).toFixed(2)
    process.stdout.write(`the demo on ${name}: ${seconds} s\n`)
  }

  it('begins with rows that the previous release has made in production', async () => {
    await start(previous, env)
    const terms = [
      'keys',
      'create',
      '--tenant',
      'tenant-a',
      '--scopes',
      'uploads:write,uploads:read',
    ]
    key = (await command(previous, terms, env)).stdout.trim()
    const admin = [...terms.slice(0, -1), 'admin']
    const adminKey = (await command(previous, admin, env)).stdout.trim()
    const endpoint = { url: receivers.url('ok') }
    await call({ ...here(), key: adminKey }, 'POST', '/v1/webhooks', endpoint)
    for (let nth = 0; nth < 5; nth += 1) await readyOne(nth)
    await uploadOnce(here())
    const canceled = await issue(someBytes(10))
    await call(here(), 'DELETE', `/v1/uploads/${canceled.id}`)
    waiting = await issue(someBytes(100, 77))
    await stop()
    const copy = await timed('copy the records', () => database.copy(previous, env))
    copyEnv = { ...env, DATABASE_URL: copy }
  }, 180_000)

  it('migrates a copy of them while the previous release serves on it', async () => {
    await start(previous, copyEnv)
    const migrated = await timed('migrate', () => command(next, ['migrate'], copyEnv))
    expect([migrated.code, migrated.stderr]).toEqual([0, ''])
    if (PREVIOUS === null) expect(migrated.stdout).toBe(`migrated: ${EXPANSION}\n`)
    await readyOne(10)
    await assertKept()
    await stop()
  }, 120_000)

  it('starts the next release, which passes its doctor and the demo, and goes on with what was under way', async () => {
    await start(next, copyEnv)
    await assertHealthy(next)
    expect(await put(waiting.slot, someBytes(100, 77))).toBe(200)
    expect((await untilFinal(here(), waiting.id)).state).toBe('ready')
    await assertKept()
    waiting = await issue(someBytes(100, 78))
    await stop()
  }, 180_000)

  it('rolls back to the previous release on the same database, which goes on with what the next has begun', async () => {
    await start(previous, copyEnv)
    const { version } = await call<{ version: string }>(here(), 'GET', '/version')
    const { stdout } = await command(previous, ['version'], copyEnv)
    expect(stdout).toContain(version)
    await assertHealthy(previous)
    expect(await put(waiting.slot, someBytes(100, 78))).toBe(200)
    expect((await untilFinal(here(), waiting.id)).state).toBe('ready')
    await assertKept()
    await stop()
  }, 180_000)

  it('goes forward again, and every webhook was told of once', async () => {
    await start(next, copyEnv)
    await readyOne(20)
    await assertKept()
    const ids = receivers.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(ids.length)
    await stop()
  }, 120_000)

  it('lets no release run on a schema that has lost what it needs, and says which one will', async () => {
    // A real previous release knows nothing of what is planted.
    if (afterNext === null) return
    expect((await command(afterNext, ['migrate'], copyEnv)).code).toBe(0)
    const refused = await command(previous, ['serve'], copyEnv)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(CONTRACTION)
    expect(refused.stderr).toContain('start the release that made it, or a later one')
    await start(next, copyEnv)
    await assertKept()
    await stop()
  }, 120_000)
})
