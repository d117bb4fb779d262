import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Ended = { code: number; stdout: string; stderr: string }

const berth = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'], DATABASE_URL: `file:${folder}/b.db`, ...env }
    execFile(
      process.execPath,
      ['dist/main.js', ...args],
      { env: environment },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

describe('berth', () => {
  it('explains itself and ends with 2 when it is used wrongly', async () => {
    for (const args of [[], ['nope'], ['keys'], ['keys', 'create'], ['profiles', 'check']]) {
      const { code, stderr } = await berth(args)
      expect([args, code]).toEqual([args, 2])
      expect(stderr).toContain('berth serve')
    }
  })

  it('serve ends with 2 and names every missing variable', async () => {
    const { code, stderr } = await berth(['serve'], { PORT: 'x' })
    expect(code).toBe(2)
    for (const name of ['PORT', 'S3_BUCKET', 'TOKEN_SECRET']) expect(stderr).toContain(name)
  })

  it('makes a key, alone on stdout, lists it without its secret, and revokes it', async () => {
    const made = await berth([
      'keys',
      'create',
      '--tenant',
      'acme',
      '--scopes',
      'uploads:write',
      '--expires',
      '90d',
    ])
    expect(made.stdout).toMatch(/^berth_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/)
    const [, id = '', secret = ''] = /^berth_([0-9a-f]+)_(.+)\n$/.exec(made.stdout) ?? []
    const listed = await berth(['keys', 'list'])
    expect(JSON.parse(listed.stdout)).toMatchObject({ id, tenant: 'acme', revoked_at: null })
    expect(listed.stdout).not.toContain(secret)
    expect((await berth(['keys', 'revoke', id])).code).toBe(0)
    expect(JSON.parse((await berth(['keys', 'list'])).stdout).revoked_at).toEqual(
      expect.any(Number),
    )
    expect((await berth(['keys', 'revoke', 'none'])).code).toBe(1)
  })

  it('migrates once, and ends with 2 and one line on a schema that is newer than itself', async () => {
    const env = { DATABASE_URL: `file:${folder}/newer.db` }
    expect((await berth(['keys', 'list'], { ...env, MIGRATE_ON_START: 'off' })).code).toBe(2)
    expect((await berth(['migrate'], env)).stdout).toContain('migrated: 0001-uploads')
    expect((await berth(['migrate'], env)).stdout).toBe('the schema is up to date\n')
    const database = new Sqlite(`${folder}/newer.db`)
    database.exec(`insert into kysely_migration (name, timestamp) values ('9999-later', 'x')`)
    database.close()
    const { code, stderr } = await berth(['keys', 'list'], env)
    expect([code, stderr.split('\n').length]).toEqual([2, 2])
    expect(stderr).toContain('newer than this program (it has 9999-later)')
  })

  it('checks a profiles file, and lists what is wrong with it', async () => {
    const file = join(folder, 'profiles.json')
    writeFileSync(file, '{"profiles":{"a":{"maxSize":"1MiB"}}}')
    expect((await berth(['profiles', 'check', file])).stdout).toContain('a: fine')
    writeFileSync(file, '{"profiles":{"a":{"maxSize":"1"},"B":{}}}')
    const { code, stderr } = await berth(['profiles', 'check', file])
    expect(code).toBe(2)
    expect(stderr).toContain('/profiles/a/maxSize')
  })

  it('migrates once, and says that nothing is left to do afterwards', async () => {
    const env = { DATABASE_URL: `file:${folder}/migrate.db` }
    expect((await berth(['migrate'], env)).stdout).toContain('migrated: 0001-uploads')
    expect((await berth(['migrate'], env)).stdout).toContain('up to date')
  })

  it('tells its version', async () => {
    expect((await berth(['version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
