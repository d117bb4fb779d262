import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Request } from 'playwright-core'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { startMinio } from '../stores/servers.ts'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded } from '../support/embedded.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { openBrowser, screenshot, untilTrue, visit, type Visit } from './chromium.ts'
import { startSite, type Site, type UppyVersion } from './uppy-page.ts'

const TIMEOUT = 120_000
const MIB = 1024 ** 2
const PROFILES = {
  profiles: {
    default: { contentTypes: ['*/*'], maxSize: '30MiB', multipartThreshold: '6MiB' },
  },
}

/** With the three bytes that end in the middle of nothing, so that the last part is short. */
const SMALL = someBytes(300_003, 1)
const LARGE = someBytes(20 * MIB + 3, 2)

const STORES = [
  { name: 'the embedded store', start: () => startEmbedded({ port: 0, eventsUrl: null }) },
  { name: 'MinIO', start: () => startMinio(null) },
]

const folder = mkdtempSync(join(tmpdir(), 'berth-uppy-'))
const small = join(folder, 'small.bin')
const large = join(folder, 'large.bin')
let browser: Browser
beforeAll(async () => {
  writeFileSync(small, SMALL)
  writeFileSync(large, LARGE)
  writeFileSync(join(folder, 'profiles.json'), JSON.stringify(PROFILES))
  browser = await openBrowser()
}, TIMEOUT)
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

const VERSIONS: UppyVersion[] = [6, 5]
const CASES = VERSIONS.flatMap((version) => STORES.map((store) => ({ version, store })))

describe.each(CASES)('Uppy $version through Berth, with $store.name', ({ version, store }) => {
  let site: Site
  let berth: Berth
  let storeUrl: string
  let closeStore: () => Promise<void>
  const visits: Visit[] = []

  beforeAll(async () => {
    const started: { config: BucketConfig; close: () => Promise<void> } = await store.start()
    storeUrl = new URL(started.config.endpoint ?? '').origin
    closeStore = started.close
    const page = await startSite(version)
    site = page
    berth = await createBerth(started.config, {
      CORS_ORIGINS: page.url,
      BERTH_PROFILES: join(folder, 'profiles.json'),
    })
    await berth.start()
    page.serve(berth)
  }, TIMEOUT)
  afterEach(async () => {
    const complaints = visits.flatMap((each) => each.complaints)
    for (const each of visits.splice(0)) await each.close()
    expect(complaints).toEqual([])
  })
  afterAll(async () => {
    await berth.close()
    await site.close()
    await closeStore()
  })

  async function open(): Promise<Visit & { puts: string[] }> {
    const opened = await visit(browser, site.url, { reach: [site.url, berth.url, storeUrl] })
    visits.push(opened)
    const puts: string[] = []
    opened.page.on('request', (request: Request) => {
      if (request.method() === 'PUT' && request.url().startsWith('http')) puts.push(request.url())
    })
    return { ...opened, puts }
  }

  const choose = ({ page }: Visit, ...paths: string[]) =>
    page.locator('.uppy-Dashboard-input').first().setInputFiles(paths)
  const press = ({ page }: Visit, action: 'upload' | 'retry') =>
    page.locator(`.uppy-StatusBar-actionBtn--${action}`).click()
  const ready = ({ page }: Visit) => page.locator('#ready').innerText()

  /** It says in the console, too, what it shows of a file that has failed. */
  function expectComplaintsOfUppy({ complaints }: Visit): void {
    const usual = /Uppy|ERR_CONNECTION_RESET|unsafe header "x-amz-error-code"/
    const others = complaints.splice(0).filter((text) => !usual.test(text))
    expect(others).toEqual([])
  }

  const recordOf = async (sha256: string) => {
    const { uploads } = await call<{ uploads: { state: string; object: { sha256: string } }[] }>(
      berth,
      'GET',
      '/v1/uploads?limit=200&state=ready',
    )
    return uploads.find(({ object }) => object.sha256 === sha256)
  }

  it(
    'sends a small file, and a large one in parts, and both are ready with their own bytes',
    async () => {
      const at = await open()
      await choose(at, small, large)
      await press(at, 'upload')
      await untilTrue(at, `document.querySelector('#ready').textContent.includes('large.bin')`)
      const lines = (await ready(at)).trim().split('\n').sort()
      expect(lines).toEqual([`large.bin ${sha256Of(LARGE)}`, `small.bin ${sha256Of(SMALL)}`])
      expect(at.puts.filter((url) => url.includes('partNumber='))).toHaveLength(3)
      expect(at.puts.filter((url) => !url.includes('partNumber='))).toHaveLength(1)
      expect(await recordOf(sha256Of(LARGE))).toMatchObject({ state: 'ready', subject: 'user-17' })
      await screenshot(at, `uppy-${version}-${store.name.replaceAll(' ', '-')}`)
    },
    TIMEOUT,
  )

  it(
    'takes a refused PUT after a lost answer for what it is: the file has arrived',
    async () => {
      const at = await open()
      // The store has the bytes, and the browser never hears of it: Uppy sends them again, and is refused.
      let lost = 0
      await at.page.route(
        (url) => url.search.includes('X-Amz-Signature'),
        async (route) => {
          const request = route.request()
          if (request.method() !== 'PUT' || lost > 0) return route.continue()
          lost += 1
          const { 'content-type': type = '', 'if-none-match': once = '' } = request.headers()
          const headers = { 'content-type': type, 'if-none-match': once }
          const body = new Uint8Array(SMALL)
          const { ok } = await fetch(request.url(), { method: 'PUT', headers, body })
          expect(ok).toBe(true)
          return route.abort('connectionreset')
        },
      )
      await choose(at, small)
      await press(at, 'upload')
      await at.page.locator('.uppy-StatusBar-actionBtn--retry').waitFor({ timeout: 60_000 })
      await press(at, 'retry')
      await untilTrue(at, `document.querySelector('#ready').textContent.includes('small.bin')`)
      expect(lost).toBe(1)
      expectComplaintsOfUppy(at)
      expect(await ready(at)).toContain(sha256Of(SMALL))
    },
    TIMEOUT,
  )

  it(
    'shows what Berth says of a file that it does not take, and sends the other one',
    async () => {
      const at = await open()
      const page = join(folder, 'page.html')
      writeFileSync(page, '<!doctype html><p>hello')
      await choose(at, small, page)
      const words = at.page.locator('[role=tooltip][aria-label*="text/html"]')
      await press(at, 'upload')
      await words.first().waitFor()
      await untilTrue(at, `document.querySelector('#ready').textContent.includes('small.bin')`)
      expectComplaintsOfUppy(at)
      expect(await ready(at)).not.toContain('page.html')
    },
    TIMEOUT,
  )
})
