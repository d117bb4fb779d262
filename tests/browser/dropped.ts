/** Files to drop, and what the drop zone says of them. */

import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { call } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { untilTrue, type Visit } from './chromium.ts'
import type { Stack } from './stack.ts'

export const MIB = 1024 ** 2

type Dropped = { name: string; path: string; sha256: string }

export type Folder = {
  path: (name: string) => string
  /** Bytes that no scanner of types takes for anything. */
  file: (name: string, size: number) => Dropped
  remove: () => void
}

export function makeFolder(): Folder {
  const folder = mkdtempSync(join(tmpdir(), 'berth-dropped-'))
  const path = (name: string): string => join(folder, name)
  const file = (name: string, size: number): Dropped => {
    const bytes = Buffer.concat([Buffer.from('berth '), randomBytes(size - 6)])
    writeFileSync(path(name), bytes)
    const sha256 = createHash('sha256').update(bytes).digest('base64')
    return { name, path: path(name), sha256 }
  }
  return { path, file, remove: () => rmSync(folder, { recursive: true }) }
}

export const choose = ({ page }: Visit, ...paths: string[]): Promise<void> =>
  page.locator('#choose').setInputFiles(paths)

export const row = ({ page }: Visit, name: string): Locator =>
  page.locator('li.file').filter({ has: page.getByText(name, { exact: true }) })

export const button = ({ page }: Visit, name: string): Locator =>
  page.getByRole('button', { name, exact: true })

export const wordsOf = (at: Visit, name: string): Promise<string> =>
  row(at, name).locator('.words').innerText()

export const untilReady = (at: Visit, count: number, seconds?: number): Promise<void> =>
  untilTrue(at, `document.querySelectorAll('li.file.ready').length === ${count}`, seconds)

/** Until some bytes have left, and not all. */
export const untilSending = (at: Visit): Promise<void> =>
  untilTrue(at, `document.querySelector('li.file.uploading progress')?.value > 0`)

export type Listed = { id: string; filename: string; state: string; size: number }

export async function uploadsNamed(stack: Stack, name: string): Promise<Listed[]> {
  const page = await call<{ uploads: Listed[] }>(stack, 'GET', '/v1/uploads?limit=200')
  return page.uploads.filter(({ filename }) => filename === name)
}

export async function uploadNamed(stack: Stack, name: string): Promise<Listed> {
  const [upload, ...others] = await uploadsNamed(stack, name)
  if (!upload || others.length > 0) throw new Error(`${others.length + 1} uploads of ${name}`)
  return upload
}

/** The numbers of the parts that the store holds. */
export async function partsHeld(stack: Stack, name: string): Promise<number[]> {
  const { id } = await uploadNamed(stack, name)
  const path = `/v1/uploads/${id}/parts`
  const { parts } = await call<{ parts: { partNumber: number }[] }>(stack, 'GET', path)
  return parts.map(({ partNumber }) => partNumber)
}

export const untilPartsAreHeld = (stack: Stack, name: string, count: number): Promise<void> =>
  until('parts in the store', async () => (await partsHeld(stack, name)).length >= count)

/** The page's PUTs to the object store from now on: each with its status, when there is one. */
export function putsFrom({ page }: Visit, { storeUrl }: Stack): (number | null)[] {
  const puts: (number | null)[] = []
  page.on('request', (request) => {
    if (request.method() !== 'PUT' || !request.url().startsWith(storeUrl)) return
    const nth = puts.push(null) - 1
    void request.response().then(
      (response) => (puts[nth] = response?.status() ?? null),
      () => undefined,
    )
  })
  return puts
}
