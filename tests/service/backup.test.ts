import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, download, keysBelow, put } from '../support/world.ts'

const CLIENTS = 8
const bytes = someBytes(5_000)

let folder: string
let store: Embedded
let berth: Berth
const opened: Berth[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-backup-'))
  const port = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${port}`))
  opened.push(berth)
  store = await startEmbedded({ port, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
})
afterAll(async () => {
  for (const each of opened) await each.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

const issue = () =>
  call(berth, 'POST', '/v1/uploads', {
    filename: 'f',
    contentType: 'application/octet-stream',
    size: bytes.length,
  })

async function readyUpload(): Promise<string> {
  const { id, slot } = await issue()
  if (slot) expect(await put(slot, bytes)).toBe(200)
  expect((await untilFinal(berth, id)).state).toBe('ready')
  return id
}

/** A Berth of its own whose records are a copy of this file, in a folder that was empty. */
async function restore(file: string, env: NodeJS.ProcessEnv): Promise<Berth> {
  const place = join(mkdtempSync(join(folder, 'restored-')), 'data')
  mkdirSync(place)
  copyFileSync(file, join(place, 'berth.db'))
  const restored = await createBerth(store.config, {
    DATABASE_URL: `file:${place}/berth.db`,
    SWEEP_INTERVAL_SECONDS: '1',
    ...env,
  })
  opened.push(restored)
  await restored.start()
  return { ...restored, key: berth.key }
}

const metric = async ({ url }: Berth, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? NaN)
}

it('a backup under load holds every slot acknowledged before it; what is newer in the bucket is reported, and stays for the grace', async () => {
  const ready = [await readyUpload(), await readyUpload()]
  const acknowledged: string[] = []
  let stop = false
  const client = async (): Promise<void> => {
    while (!stop) acknowledged.push((await issue()).id)
  }
  const clients = Array.from({ length: CLIENTS }, client)
  await until('some slots', () => Promise.resolve(acknowledged.length >= 300))

  const file = join(folder, 'backup.db')
  const before = [...ready, ...acknowledged]
  const env = { PATH: process.env['PATH'], DATABASE_URL: `file:${berth.databaseFile}` }
  await promisify(execFile)(process.execPath, ['dist/main.js', 'backup', file], { env })
  const during = acknowledged.length + ready.length - before.length
  const newer = [await readyUpload(), await readyUpload(), await readyUpload()]
  stop = true
  await Promise.all(clients)
  await berth.kill()

  const restored = await restore(file, {})
  for (const id of before) expect((await call(restored, 'GET', `/v1/uploads/${id}`)).id).toBe(id)
  for (const id of ready) {
    const { url } = await call<{ url: string }>(restored, 'GET', `/v1/uploads/${id}/download`)
    expect(sha256Of((await download(url)).bytes)).toBe(sha256Of(bytes))
  }
  for (const id of newer) {
    await expect(call(restored, 'GET', `/v1/uploads/${id}`)).rejects.toThrow('404')
  }
  // Of each newer upload: the object, and what was put to staging.
  await until('the orphans to be found', async () => {
    expect(await metric(restored, 'berth_orphans')).toBe(2 * newer.length)
    return true
  })
  const keys = await keysBelow(store, '')
  for (const id of newer) expect(keys.filter((key) => key.includes(id))).toHaveLength(2)
  expect(await metric(restored, 'berth_orphans_removed_total')).toBe(0)
  await restored.kill()

  // The same with a grace of two seconds: now they go, and nothing else does.
  const impatient = await restore(file, { ORPHAN_GRACE_SECONDS: '2' })
  await until('the orphans to be removed', async () => {
    const left = await keysBelow(store, '')
    expect(left).toEqual(keys.filter((key) => !newer.some((id) => key.includes(id))))
    return true
  })
  expect(await metric(impatient, 'berth_orphans_removed_total')).toBe(2 * newer.length)
  process.stdout.write(
    `backup under load: ${before.length} uploads acknowledged before it, all there; ${during} more while it ran\n`,
  )
}, 120_000)
