/** `make demo`: real files through a running stack, each step printed with what was checked. */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment } from '../config.ts'
import { startStack } from './stack.ts'

type Target = { url: string; apiKey: string; close: () => Promise<void> }
type DemoFile = { filename: string; contentType: string; bytes: Buffer }
type Shown = {
  id: string
  state: string
  slot: { url: string; headers: Record<string, string> }
  object: { sha256: string; size: number; contentType: string } | null
  rejection: { detail: string } | null
}

// The smallest valid PNG: one transparent pixel.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

const FILES: DemoFile[] = [
  {
    filename: 'five mebibytes.bin',
    contentType: 'application/octet-stream',
    // A fixed head, so that chance never makes the bytes look like a program.
    bytes: Buffer.concat([Buffer.from('berth demo'), randomBytes(5 * 1024 ** 2 - 10)]),
  },
  { filename: 'pixel.png', contentType: 'image/png', bytes: PNG },
]

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

function check(holds: boolean, promise: string): asserts holds {
  print(`    ${holds ? 'ok  ' : 'FAIL'} ${promise}`)
  if (!holds) throw new Error(`did not hold: ${promise}`)
}

async function demo(target: Target, file: DemoFile): Promise<void> {
  const { bytes, filename, contentType } = file
  const sha256 = sha256Of(bytes)
  print(`\n${filename}: ${bytes.length} bytes of ${contentType}, SHA-256 ${sha256}`)

  print('  slot: POST /v1/uploads')
  const body = { filename, contentType, size: bytes.length, sha256 }
  const issued = await call<Shown>(target, 'POST', '/v1/uploads', body)
  check(issued.state === 'pending', `${issued.id} is recorded as pending`)

  print('  PUT: straight to the object store')
  const put = await send(issued.slot, bytes)
  check(put === 200, `the store answered ${put}`)
  const again = await send(issued.slot, bytes)
  check(again === 412, `a second PUT with the same slot is refused: ${again}`)

  print("  event: the store's webhook, then the verdict")
  const ended = await call<Shown>(target, 'GET', `/v1/uploads/${issued.id}?wait=30`)
  check(ended.state === 'ready', `the upload is ${ended.state} ${ended.rejection?.detail ?? ''}`)
  const { history } = await call<{ history: { state: string; cause: string }[] }>(
    target,
    'GET',
    `/v1/uploads/${issued.id}/history`,
  )
  const path = history.map(({ state, cause }) => `${state} (${cause})`).join(' → ')
  check(path.includes('received (event)'), path)
  check(ended.object?.sha256 === sha256, 'the recorded SHA-256 is the SHA-256 of the file')
  check(ended.object.contentType === contentType, `the verified type is ${contentType}`)
  await checkDownload(target, issued.id, ended.object.sha256)
}

async function checkDownload(target: Target, id: string, recorded: string): Promise<void> {
  print('  download: a presigned GET')
  const { url } = await call<{ url: string }>(target, 'GET', `/v1/uploads/${id}/download`)
  const answer = await fetch(url)
  const served = Buffer.from(await answer.arrayBuffer())
  const disposition = answer.headers.get('content-disposition') ?? ''
  check(disposition.startsWith('attachment'), `served as ${disposition}`)
  check(sha256Of(served) === recorded, `the ${served.length} bytes served hash to the record`)
}

async function send(slot: Shown['slot'], bytes: Buffer): Promise<number> {
  const body = new Uint8Array(bytes)
  const answer = await fetch(slot.url, { method: 'PUT', headers: slot.headers, body })
  await answer.arrayBuffer()
  return answer.status
}

async function call<T>(target: Target, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${target.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${target.apiKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const json: unknown = await answer.json()
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`)
  return json as T
}

/** The stack of `make start` when it is up; otherwise one of our own, gone afterwards. */
async function findTarget(): Promise<Target> {
  const url = `http://127.0.0.1:${environment()['PORT'] ?? 8080}`
  const keyFile = join(environment()['BERTH_DATA'] ?? './data', 'api-key')
  const isUp = await fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
  if (isUp && existsSync(keyFile)) {
    print(`using the running stack at ${url}`)
    return { url, apiKey: readFileSync(keyFile, 'utf8'), close: () => Promise.resolve() }
  }
  const folder = mkdtempSync(join(tmpdir(), 'berth-demo-'))
  const stack = await startStack({ folder, port: 0, env: {} })
  print(`started a stack of its own at ${stack.url}`)
  const close = async (): Promise<void> => {
    await stack.close()
    rmSync(folder, { recursive: true })
  }
  return { ...stack, close }
}

try {
  const target = await findTarget()
  try {
    for (const file of FILES) await demo(target, file)
    print('\nEverything held.')
  } finally {
    await target.close()
  }
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
