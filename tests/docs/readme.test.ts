import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { codeBlock } from '../support/code-blocks.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig } from '../support/world.ts'

const README = 'README.md'
const MIB = 1024 ** 2
const PROFILES = { profiles: { default: { multipartThreshold: '6MiB' } } }

let berth: Berth
let store: Embedded
const folder = mkdtempSync(join(tmpdir(), 'berth-readme-'))
beforeAll(async () => {
  writeFileSync(join(folder, 'profiles.json'), JSON.stringify(PROFILES))
  const port = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${port}`), {
    BERTH_PROFILES: join(folder, 'profiles.json'),
  })
  store = await startEmbedded({ port, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
}, 60_000)
afterAll(async () => {
  await berth.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

type Send = (file: Blob, upload: Shown) => Promise<void>

/** A function of the README, with what it takes for granted. */
function fromReadme(name: string, heading: string, nth: number, given: object): Send {
  const text = `${codeBlock(README, heading, 'js', nth)}\nreturn ${name}`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the README is the program
  return new Function(...Object.keys(given), text)(...Object.values(given)) as Send
}

const issue = (bytes: Buffer) =>
  call(berth, 'POST', '/v1/uploads', {
    filename: 'f',
    contentType: 'application/octet-stream',
    size: bytes.length,
  })

async function expectReady(id: string, bytes: Buffer): Promise<void> {
  await call(berth, 'POST', `/v1/uploads/${id}/complete`)
  const { state, object } = await untilFinal(berth, id)
  expect([state, object?.sha256]).toEqual(['ready', sha256Of(bytes)])
}

describe('the README', () => {
  it('has a transcript that can be pasted, and ends with a ready upload and its download', async () => {
    const transcript = codeBlock(README, 'An upload with curl', 'sh')
      .replaceAll('http://127.0.0.1:8080', berth.url)
      .replace(/^KEY=.*$/m, `KEY=${berth.key}`)
    const bash = promisify(execFile)
    const { stdout } = await bash('bash', ['-euo', 'pipefail', '-c', transcript], { cwd: folder })
    const [record, download] = stdout
      .split(/(?<=\})(?=\{)/)
      .map((text) => JSON.parse(text) as Shown)
    expect([record?.state, record?.object?.sha256]).toEqual(['ready', sha256Of('hello, berth')])
    const { url } = download as unknown as { url: string }
    expect(await (await fetch(url)).text()).toBe('hello, berth')
  }, 60_000)

  it('sends a file with one plain PUT', async () => {
    const bytes = someBytes(5_000)
    const upload = fromReadme('upload', 'An upload from a browser', 1, {})
    const issued = await issue(bytes)
    await upload(new Blob([new Uint8Array(bytes)]), issued)
    await expectReady(issued.id, bytes)
  }, 60_000)

  it('sends a large file in parts, and does not send again what is there', async () => {
    const bytes = Buffer.concat([Buffer.from('berth '), randomBytes(17 * MIB)])
    const asked: string[] = []
    const uploadInParts = fromReadme('uploadInParts', 'Large files', 0, {
      berth: (path: string, { method = 'GET', body = '' } = {}) => {
        asked.push(`${method} ${body}`)
        return call(berth, method, path, body === '' ? undefined : JSON.parse(body))
      },
    })
    const issued = await issue(bytes)
    const file = new Blob([new Uint8Array(bytes)])
    await uploadInParts(file, issued)
    await uploadInParts(file, issued)
    expect(asked.filter((call) => call.startsWith('POST'))).toHaveLength(3)
    await expectReady(issued.id, bytes)
  }, 60_000)
})
