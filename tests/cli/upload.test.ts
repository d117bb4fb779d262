import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { barOf, type Shown } from '../../src/cli/upload-bar.ts'
import { runUpload, type Ended } from '../support/berth-upload.ts'
import { listening, type Listening } from '../support/listening.ts'
import { until } from '../support/processes.ts'
import { PNG, sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let berth: Listening
let key: string
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-upload-'))
  world = await createWorld()
  berth = await listening(world)
  key = await world.newKey()
})
afterAll(async () => {
  await berth.close()
  await world.close()
  rmSync(folder, { recursive: true })
})

function aFile(name: string, bytes: Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** Its home folder is the test's own. */
const start = (args: string[], under: string[] | null = null) => runUpload(args, folder, under)

const upload = (args: string[], at = berth.url): Promise<Ended> =>
  start([...args, '--url', at, '--key', key]).ended

const eventsOf = ({ lines }: Ended, file: string): string[] =>
  lines.filter((line) => line.file === file).map(({ event }) => event)

describe('berth upload', () => {
  it('sends several files, says in JSON lines what became of each, and ends with 0', async () => {
    const [text, picture] = [aFile('a.txt', Buffer.from('hello')), aFile('b.png', PNG)]
    const ended = await upload([text, picture, '--wait', '--meta', 'orderId=17', '--sha256'])
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    const last = ended.lines.filter(({ event }) => event === 'ready')
    expect(new Set(last.map(({ sha256 }) => sha256))).toEqual(
      new Set([sha256Of('hello'), sha256Of(PNG)]),
    )
    expect(eventsOf(ended, text)).toContain('sending')
    const { uploads } = await world.broker.listPage('tenant-a', {}, 2)
    expect(uploads.map(({ declared }) => declared.contentType).sort()).toEqual([
      'image/png',
      'text/plain',
    ])
    expect(uploads[0]?.declared.metadata).toEqual({ orderId: '17' })
  })

  it('without --wait ends when the bytes have arrived', async () => {
    const file = aFile('c.bin', someBytes(1000))
    const ended = await upload([file])
    expect(ended.code).toBe(0)
    expect(['received', 'verifying', 'ready']).toContain(eventsOf(ended, file).at(-1))
  })

  it('ends with 1 when a file is not uploaded, and sends the others', async () => {
    const [good, bad] = [aFile('d.bin', someBytes(10)), aFile('not-a-picture.pdf', PNG)]
    const missing = join(folder, 'missing')
    const ended = await upload([good, bad, missing, '--wait'])
    expect(ended.code).toBe(1)
    expect(eventsOf(ended, good).at(-1)).toBe('ready')
    expect(ended.lines.find(({ file, event }) => file === bad && event === 'failed')).toMatchObject(
      {
        code: 'not-ready',
        rejection: { reason: 'content-type-mismatch' },
      },
    )
    expect(ended.lines.find(({ file }) => file === missing)?.error).toContain('no such file')
  })

  it.each([
    [[]],
    [['file']],
    [['file', '--url', 'nowhere', '--key', 'k']],
    [['file', '--url', 'http://127.0.0.1:1']],
    [['file', '--url', 'http://127.0.0.1:1', '--key', 'k', '--jobs', '0']],
    [['file', '--url', 'http://127.0.0.1:1', '--key', 'k', '--meta', 'x']],
    [['file', '--url', 'http://127.0.0.1:1', '--key', 'k', '--nope']],
  ])('ends with 2 when it is used wrongly: %j', async (args) => {
    const { code, stderr } = await start(args).ended
    expect([code, stderr !== '']).toEqual([2, true])
  })

  it('takes the key from a file, and never prints it', async () => {
    const [file, keyFile] = [aFile('e.bin', someBytes(10)), aFile('key', Buffer.from(`${key}\n`))]
    const ended = await start([file, '--url', berth.url, '--key-file', keyFile, '--wait']).ended
    expect(ended.code).toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain(key)
  })

  it('interrupted before the end goes on with the same upload when it is run again', async () => {
    const file = aFile('f.bin', someBytes(5_000))
    let isDeaf = true
    const deaf: Server = createServer((req, res) => {
      // Whoever says "I am done" is not heard.
      if (isDeaf && req.url?.endsWith('/complete')) return
      const target = `${berth.url}${req.url ?? ''}`
      const { authorization = '', 'content-type': type = '' } = req.headers
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        const body = chunks.length > 0 ? { body: Buffer.concat(chunks).toString() } : {}
        const headers = { authorization, ...(type && { 'content-type': type }) }
        void fetch(target, { method: req.method ?? 'GET', headers, ...body }).then(
          async (answer) => {
            res
              .writeHead(answer.status, { 'content-type': 'application/json' })
              .end(await answer.text())
          },
        )
      })
    })
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`
    const first = start([file, '--url', address, '--key', key, '--wait'])
    const objects = () => world.called.filter(({ operation }) => operation === 'PutObject').length
    const before = objects()
    await until('the PUT', () => Promise.resolve(objects() > before))
    first.child.kill('SIGINT')
    const interrupted = await first.ended
    expect([interrupted.code, interrupted.lines.at(-1)?.error]).toEqual([
      1,
      'interrupted; run it again to go on',
    ])
    isDeaf = false
    const again = await start([file, '--url', address, '--key', key, '--wait']).ended
    expect([again.code, again.lines.at(-1)?.event]).toEqual([0, 'ready'])
    expect(again.lines.at(-1)?.id).toBe(interrupted.lines.find(({ id }) => id)?.id)
    expect(objects()).toBe(before + 1)
    deaf.closeAllConnections()
    await new Promise((resolve) => deaf.close(resolve))
  })

  it('draws bars on a terminal', async () => {
    const file = aFile('g.bin', someBytes(200_000))
    const line = [
      process.execPath,
      'dist/main.js',
      'upload',
      file,
      '--url',
      berth.url,
      '--key',
      key,
      '--wait',
    ]
    const { code, stdout } = await start([], ['script', '-qec', line.join(' '), '/dev/null']).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/[█░]{20}/)
    expect(stdout).toMatch(/g\.bin: ready \(upl_[0-9a-f]{32}\)/)
    expect(stdout).not.toContain('{"file"')
  })
})

describe('a bar', () => {
  const shown = (change: Partial<Shown['progress']> = {}): Shown => ({
    path: 'holiday.mp4',
    progress: {
      stage: 'sending',
      sent: 50 * 1024 ** 2,
      total: 100 * 1024 ** 2,
      id: 'upl_1',
      ...change,
    },
    since: 0,
    from: 0,
  })

  it('says how far, how fast, and how long it will take', () => {
    expect(barOf(shown(), 10_000, 100)).toBe(
      'holiday.mp4                  ██████████░░░░░░░░░░  50% 5.0 MiB/s 0:10',
    )
  })

  it.each([
    [{ stage: 'offline' as const }, 'offline, waiting'],
    [{ stage: 'verifying' as const, sent: 100 * 1024 ** 2 }, '100% verifying'],
    [{ sent: 0, total: 0 }, '100%'],
    [{ sent: 1 }, '0%'],
    [{ sent: 1024 ** 2, total: 100 * 1024 ** 3 }, '28:26:'],
  ])('of %j says %s', (change, words) => {
    expect(barOf(shown(change), 1_000, 100)).toContain(words)
  })

  it('is never longer than the terminal is wide', () => {
    for (const columns of [1, 10, 40, 80]) {
      expect(barOf({ ...shown(), path: 'x'.repeat(300) }, 5_000, columns).length).toBeLessThan(
        columns + 1,
      )
    }
  })
})
