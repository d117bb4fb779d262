import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, createBerth, type Berth, type Shown } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { until } from '../support/processes.ts'
import { attach, failing } from './strace.ts'

let store: Embedded
let berth: Berth
/** A folder, or the place of a small disk. */
let folder: string
let mounted: boolean

beforeEach(async () => {
  store = await startEmbedded({ port: 0, eventsUrl: null })
  folder = mkdtempSync(join(tmpdir(), 'berth-disk-'))
  mounted = false
})
afterEach(async () => {
  if (mounted) command('mount', '-o', 'remount,rw', folder)
  await berth.close()
  await store.close()
  if (mounted) command('umount', folder)
  rmSync(folder, { recursive: true })
})

const command = (name: string, ...args: string[]): boolean => spawnSync(name, args).status === 0

function mount(options: string): boolean {
  mounted = command('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder)
  if (!mounted) process.stdout.write('SKIPPED: this user may not mount a tmpfs\n')
  return mounted
}

const open = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
  const place = join(folder, 'data')
  mkdirSync(place, { recursive: true })
  berth = await createBerth(store.config, env, place)
}

type Answer = { status: number; retryAfter: string | null; id: string }

/** Status 0: no answer at all. */
async function post(): Promise<Answer> {
  const body = {
    filename: 'f',
    contentType: 'application/octet-stream',
    size: 10,
    metadata: { pad: 'x'.repeat(500) },
  }
  const headers = { authorization: `Bearer ${berth.key}`, 'content-type': 'application/json' }
  try {
    const answer = await fetch(`${berth.url}/v1/uploads`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const { id = '' } = (await answer.json()) as { id?: string }
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), id }
  } catch {
    return { status: 0, retryAfter: null, id: '' }
  }
}

async function checkAllThere(acknowledged: string[]): Promise<void> {
  for (const id of acknowledged) {
    expect((await call(berth, 'GET', `/v1/uploads/${id}`)).state).toBe('pending')
  }
}

const lines = (): string[] =>
  berth
    .output()
    .split('\n')
    .filter((line) => line.startsWith('berth:'))

describe('a full disk', () => {
  it('is answered with 503 and Retry-After, never 500; every 201 is there, and space ends it without a restart', async () => {
    if (!mount('size=4m')) return
    const filler = join(folder, 'filler')
    writeFileSync(filler, Buffer.alloc(1536 * 1024))
    await open()
    await berth.start()
    const pid = berth.pid()
    const answers: Answer[] = []
    let refused = 0
    while (refused < 100 && answers.length < 5_000) {
      const some = await Promise.all(Array.from({ length: 8 }, post))
      answers.push(...some)
      refused += some.filter(({ status }) => status === 503).length
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 503]))
    const no = answers.filter(({ status }) => status === 503)
    expect(new Set(no.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['2']))
    const acknowledged = answers.filter(({ status }) => status === 201).map(({ id }) => id)
    await checkAllThere(acknowledged)

    rmSync(filler)
    await until('a slot', async () => {
      const { status, id } = await post()
      if (status === 201) acknowledged.push(id)
      return status === 201
    })
    expect(berth.pid()).toBe(pid)
    await berth.kill()
    await berth.start()
    await checkAllThere(acknowledged)
    process.stdout.write(
      `full disk: ${acknowledged.length} answered 201 and there, ${no.length} answered 503, 0 answered 500\n`,
    )
  }, 120_000)
})

describe('a disk that fails', () => {
  it.each([
    ['fsync', 20],
    ['pwrite64', 300],
  ])(
    'in %s ends Berth at once with 1 and one line; every 201 is there after the next start',
    async (systemCall, from) => {
      await open({ RUN_JOBS: 'off' })
      await berth.start()
      const tracer = await attach(berth.pid(), failing(systemCall, 'EIO', from))
      const exited = berth.exited()
      const answers: Answer[] = []
      do answers.push(await post())
      while (answers.at(-1)?.status === 201)
      const code = await exited
      await tracer.detach()
      expect(code).toBe(1)
      expect(lines()).toEqual([expect.stringContaining('SQLITE_IOERR')])
      expect(answers.map(({ status }) => status)).not.toContain(500)

      const acknowledged = answers.filter(({ status }) => status === 201).map(({ id }) => id)
      expect(acknowledged.length).toBeGreaterThan(1)
      await berth.start()
      await checkAllThere(acknowledged)
      expect((await post()).status).toBe(201)
      process.stdout.write(
        `EIO in ${systemCall}: exit ${String(code)}, ${acknowledged.length} acknowledged slots there after the restart\n`,
      )
    },
    60_000,
  )
})

describe('a file that cannot be used', () => {
  /** Each damages a good database, or starts Berth with another. */
  const refusals: [string, () => string[], RegExp][] = [
    [
      'no database at all',
      () => {
        writeFileSync(berth.databaseFile, Buffer.alloc(20_000, 'not a database '))
        return []
      },
      /not a database/,
    ],
    [
      'damaged in its first pages',
      () => {
        garble(berth.databaseFile, 2, 20)
        return []
      },
      /malformed/,
    ],
    [
      'in a folder that is missing',
      () => ['env', `DATABASE_URL=file:${folder}/not/mounted/berth.db`],
      /no such file/,
    ],
    [
      'in a folder that is a file',
      () => {
        writeFileSync(join(folder, 'file'), '')
        return ['env', `DATABASE_URL=file:${folder}/file/berth.db`]
      },
      /unable to open|ENOTDIR|directory/,
    ],
  ]

  it.each(refusals)('%s: one clear line, and exit code 2', async (_name, damage, words) => {
    await open()
    berth.launch(damage())
    expect(await berth.exited()).toBe(2)
    expect(lines()).toEqual([expect.stringMatching(words)])
    expect(berth.output().trim().split('\n')).toHaveLength(1)
  })

  it('on a disk that is read-only: one clear line, and exit code 2', async () => {
    if (!mount('size=4m')) return
    await open()
    expect(command('mount', '-o', 'remount,ro', folder)).toBe(true)
    berth.launch()
    expect(await berth.exited()).toBe(2)
    expect(lines()).toEqual([expect.stringMatching(/the database .* cannot be used: .*SQLITE_/)])
    expect(command('mount', '-o', 'remount,rw', folder)).toBe(true)
    await berth.start()
    expect((await post()).status).toBe(201)
  }, 60_000)

  it('that turns out damaged later: 503 or no answer, never 500, one line and exit code 1', async () => {
    await open({ RUN_JOBS: 'off' })
    await berth.start()
    for (let count = 0; count < 50; count += 1) expect((await post()).status).toBe(201)
    expect(await berth.stop()).toBe(0)
    garble(berth.databaseFile, rootPageOf('uploads_by_tenant'), 1)
    await berth.start()
    const exited = berth.exited()
    const statuses = new Set<number>()
    do statuses.add((await post()).status)
    while (!statuses.has(503) && !statuses.has(0) && !statuses.has(500))
    expect(statuses.has(500)).toBe(false)
    expect(await exited).toBe(1)
    expect(lines()).toEqual([expect.stringContaining('SQLITE_CORRUPT')])
  }, 60_000)

  const rootPageOf = (name: string): number => {
    const database = new Sqlite(berth.databaseFile, { readonly: true })
    const row = database.prepare('select rootpage from sqlite_schema where name = ?').get(name)
    database.close()
    return (row as { rootpage: number }).rootpage
  }
})

const PAGE_BYTES = 4096

/** @param first counts from 1, as SQLite does. */
function garble(path: string, first: number, pages: number): void {
  const database = new Sqlite(path)
  database.pragma('wal_checkpoint(truncate)')
  database.close()
  const file = openSync(path, 'r+')
  writeSync(
    file,
    Buffer.alloc(pages * PAGE_BYTES, 0xff),
    0,
    pages * PAGE_BYTES,
    (first - 1) * PAGE_BYTES,
  )
}

describe('a database that another process has locked for ten seconds', () => {
  it('is answered with 503 after five to eight seconds, never 500; reading goes on, and so does writing afterwards', async () => {
    await open({ RUN_JOBS: 'off' })
    await berth.start()
    expect((await post()).status).toBe(201)
    const other = new Sqlite(berth.databaseFile)
    other.exec('begin exclusive')
    const lockedAt = performance.now()
    const waiting = Array.from({ length: 5 }, async () => {
      const answer = await post()
      return { ...answer, seconds: (performance.now() - lockedAt) / 1000 }
    })
    expect((await call<{ uploads: Shown[] }>(berth, 'GET', '/v1/uploads')).uploads).toHaveLength(1)
    for (const { status, retryAfter, seconds } of await Promise.all(waiting)) {
      expect([status, retryAfter]).toEqual([503, '2'])
      expect(seconds).toBeGreaterThan(4.5)
      expect(seconds).toBeLessThan(8)
    }
    await until('ten seconds', () => Promise.resolve(performance.now() - lockedAt > 10_000))
    other.exec('rollback')
    other.close()
    expect((await post()).status).toBe(201)
  }, 60_000)
})
