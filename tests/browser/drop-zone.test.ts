import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, CDPSession, Locator } from 'playwright-core'
import { call } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { PNG } from '../support/uploads.ts'
import {
  isTooWide,
  openBrowser,
  screenshot,
  seriousViolations,
  untilTrue,
  visit,
  type Looks,
  type Visit,
} from './chromium.ts'
import { startStack, type Stack } from './stack.ts'

const MIB = 1024 ** 2
const TIMEOUT = 120_000

let stack: Stack
let browser: Browser
const folder = mkdtempSync(join(tmpdir(), 'berth-dropped-'))
const visits: Visit[] = []

beforeAll(async () => {
  stack = await startStack()
  browser = await openBrowser()
}, TIMEOUT)
afterEach(async () => {
  const complaints = visits.flatMap((each) => each.complaints)
  for (const each of visits.splice(0)) await each.close()
  expect(complaints).toEqual([])
})
afterAll(async () => {
  await browser.close()
  await stack.close()
  rmSync(folder, { recursive: true })
})

async function open(looks: Looks = {}): Promise<Visit> {
  const opened = await visit(browser, `${stack.url}/`, looks)
  visits.push(opened)
  return opened
}

/** Bytes that no scanner of types takes for anything. */
function fileOf(name: string, size: number): { path: string; bytes: Buffer } {
  const bytes = Buffer.concat([Buffer.from('berth '), randomBytes(size - 6)])
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return { path, bytes }
}

const choose = ({ page }: Visit, ...paths: string[]) => page.locator('#choose').setInputFiles(paths)

const row = ({ page }: Visit, name: string): Locator =>
  page.locator('li.file').filter({ has: page.getByText(name, { exact: true }) })

const untilReady = (of: Visit, count: number) =>
  untilTrue(of, `document.querySelectorAll('li.file.ready').length === ${count}`)

const networks = new Map<Visit, CDPSession>()

/** As if the network were that slow, in bytes per second (-1: as it is), or gone. */
async function network(at: Visit, uploadThroughput: number, offline = false): Promise<void> {
  const session = networks.get(at) ?? (await at.context.newCDPSession(at.page))
  networks.set(at, session)
  const others = { offline, latency: 0, downloadThroughput: -1 }
  await session.send('Network.emulateNetworkConditions', { ...others, uploadThroughput })
}

const uploadsNamed = async (name: string) => {
  const { uploads } = await call<{ uploads: { id: string; filename: string; state: string }[] }>(
    stack,
    'GET',
    '/v1/uploads?limit=200',
  )
  return uploads.filter(({ filename }) => filename === name)
}

describe('a file', () => {
  it(
    'that is dropped goes its way through the states, and what is downloaded is what was dropped',
    async () => {
      const at = await open()
      const text = 'dropped, not chosen'
      await at.page.evaluate(`{
        const data = new DataTransfer()
        data.items.add(new File(['${text}'], 'dropped.txt', { type: 'text/plain' }))
        dispatchEvent(new DragEvent('dragover', { dataTransfer: data, cancelable: true }))
        dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))
      }`)
      await untilReady(at, 1)
      const steps = await row(at, 'dropped.txt').locator('ol.way > li').allInnerTexts()
      const states = steps.map((step) => step.split(' ')[0])
      expect(states).toEqual(['pending', 'received', 'verifying', 'ready'])
      const link = row(at, 'dropped.txt').getByRole('link', { name: 'Download dropped.txt' })
      const answer = await fetch((await link.getAttribute('href')) ?? '')
      expect(await answer.text()).toBe(text)
      const said = await row(at, 'dropped.txt').innerText()
      expect(said).toContain(createHash('sha256').update(text).digest('base64'))
      await screenshot(at, 'drop-zone-one')
    },
    TIMEOUT,
  )

  it(
    'is one of twenty, of which every one becomes ready with its own bytes',
    async () => {
      const at = await open()
      const files = Array.from({ length: 20 }, (_, nth) => fileOf(`of-20-${nth}.bin`, 9_000 + nth))
      await choose(at, ...files.map(({ path }) => path))
      await untilReady(at, 20)
      await screenshot(at, 'drop-zone-twenty')
      expect(await at.page.locator('.summary').innerText()).toContain('20 of 20 ready')
      for (const [nth, { bytes }] of files.entries()) {
        const sum = createHash('sha256').update(bytes).digest('base64')
        expect(await row(at, `of-20-${nth}.bin`).innerText()).toContain(sum)
      }
    },
    TIMEOUT,
  )

  it(
    'of a type that is not taken is refused in words, before a byte is sent',
    async () => {
      const at = await open()
      writeFileSync(join(folder, 'page.html'), '<!doctype html><p>hello')
      await choose(at, join(folder, 'page.html'))
      await row(at, 'page.html')
        .getByText('Refused')
        .or(row(at, 'page.html').locator('.bad'))
        .waitFor()
      expect(await row(at, 'page.html').locator('.words').innerText()).toMatch(
        /^Files of this kind \(text\/html\) are not taken here\./,
      )
      expect(await uploadsNamed('page.html')).toEqual([])
    },
    TIMEOUT,
  )

  it(
    'that is too large is refused with both sizes',
    async () => {
      const at = await open()
      const path = join(folder, 'large.bin')
      writeFileSync(path, '')
      truncateSync(path, 25 * MIB)
      await choose(at, path)
      await row(at, 'large.bin').locator('.bad').waitFor()
      expect(await row(at, 'large.bin').locator('.words').innerText()).toBe(
        'This file is too large: 25.0 MiB, and at most 24.0 MiB is taken.',
      )
      await screenshot(at, 'drop-zone-refused')
    },
    TIMEOUT,
  )

  it(
    'whose bytes are not of its type is rejected, and the page says why',
    async () => {
      const at = await open()
      writeFileSync(join(folder, 'not-a.png'), '%PDF-1.4\n')
      writeFileSync(join(folder, 'a.png'), PNG)
      await choose(at, join(folder, 'not-a.png'), join(folder, 'a.png'))
      await untilReady(at, 1)
      await row(at, 'not-a.png').locator('.bad').waitFor()
      expect(await row(at, 'not-a.png').locator('.words').innerText()).toMatch(/^Rejected: /)
      const [upload] = await uploadsNamed('not-a.png')
      expect(upload?.state).toBe('rejected')
    },
    TIMEOUT,
  )

  it(
    'that is canceled in the middle is withdrawn, and its row stays with the word',
    async () => {
      const at = await open()
      const { path } = fileOf('canceled.bin', 8 * MIB)
      await network(at, 200_000)
      await choose(at, path)
      await untilTrue(at, `document.querySelector('li.file.uploading progress')?.value > 0`)
      await screenshot(at, 'drop-zone-uploading')
      await at.page.getByRole('button', { name: 'Cancel canceled.bin', exact: true }).click()
      await row(at, 'canceled.bin').getByText('Canceled: nothing is kept.').waitFor()
      await until('the upload to be canceled', async () => {
        const [upload] = await uploadsNamed('canceled.bin')
        return upload?.state === 'canceled'
      })
    },
    TIMEOUT,
  )

  it(
    'that is paused waits, and is ready after it went on',
    async () => {
      const at = await open()
      const { path, bytes } = fileOf('paused.bin', 4 * MIB)
      await network(at, 200_000)
      await choose(at, path)
      await untilTrue(at, `document.querySelector('li.file.uploading progress')?.value > 0`)
      await at.page.getByRole('button', { name: 'Pause paused.bin', exact: true }).click()
      await row(at, 'paused.bin').getByText('Paused. What').waitFor()
      await network(at, -1)
      await row(at, 'paused.bin').getByRole('button', { name: 'Resume' }).click()
      await untilReady(at, 1)
      const sum = createHash('sha256').update(bytes).digest('base64')
      expect(await row(at, 'paused.bin').innerText()).toContain(sum)
      expect(await uploadsNamed('paused.bin')).toHaveLength(1)
    },
    TIMEOUT,
  )

  it(
    'that loses the network says so, and goes on by itself when it is back',
    async () => {
      const at = await open()
      const { path, bytes } = fileOf('offline.bin', 4 * MIB)
      await network(at, 200_000)
      await choose(at, path)
      await untilTrue(at, `document.querySelector('li.file.uploading progress')?.value > 0`)
      await network(at, -1, true)
      await row(at, 'offline.bin').getByText('You are offline').waitFor()
      await network(at, -1)
      await untilReady(at, 1)
      const sum = createHash('sha256').update(bytes).digest('base64')
      expect(await row(at, 'offline.bin').innerText()).toContain(sum)
    },
    TIMEOUT,
  )
})

describe('the page', () => {
  it.each<[string, Looks]>([
    ['light', {}],
    ['dark', { dark: true }],
    ['narrow', { narrow: true }],
    ['narrow and dark', { narrow: true, dark: true }],
  ])(
    'has nothing serious for axe to say, and fits: %s',
    async (name, looks) => {
      const at = await open(looks)
      expect(await seriousViolations(at)).toEqual([])
      const { path } = fileOf(
        'a file with quite a long name, as people give them to files.bin',
        999,
      )
      writeFileSync(join(folder, 'page.html'), '<!doctype html><p>hello')
      await choose(at, path, join(folder, 'page.html'))
      await untilReady(at, 1)
      await row(at, 'page.html').locator('.bad').waitFor()
      expect(await seriousViolations(at)).toEqual([])
      expect(await isTooWide(at)).toBe(false)
      await screenshot(at, `drop-zone-${name.replaceAll(' ', '-')}`)
    },
    TIMEOUT,
  )

  it(
    'is worked by the keyboard: the field first, then what can be done to the file',
    async () => {
      const at = await open()
      const focused = (): Promise<string> =>
        at.page.evaluate(
          'document.activeElement.getAttribute("aria-label") ?? document.activeElement.id',
        )
      await at.page.keyboard.press('Tab')
      expect(await focused()).toBe('choose')
      await network(at, 200_000)
      await choose(at, fileOf('by-keyboard.bin', 4 * MIB).path)
      await untilTrue(at, `document.querySelector('li.file.uploading progress')?.value > 0`)
      const seen: string[] = []
      for (let tabs = 0; tabs < 6 && seen.at(-1) !== 'Cancel by-keyboard.bin'; tabs += 1) {
        await at.page.keyboard.press('Tab')
        seen.push(await focused())
      }
      expect(seen).toContain('Pause by-keyboard.bin')
      expect(seen.at(-1)).toBe('Cancel by-keyboard.bin')
      await at.page.keyboard.press('Enter')
      await row(at, 'by-keyboard.bin').getByText('Canceled: nothing is kept.').waitFor()
      // Those who hear the page are told, too.
      expect(await at.page.locator('[role=status]').allInnerTexts()).toContain(
        'by-keyboard.bin: canceled.',
      )
    },
    TIMEOUT,
  )
})
