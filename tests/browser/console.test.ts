import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { call, untilFinal, type Shown } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { startReceivers, type Receivers } from '../support/receivers.ts'
import { PNG, someBytes } from '../support/uploads.ts'
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

const TIMEOUT = 120_000

let stack: Stack
let admin: { url: string; key: string }
let browser: Browser
let receivers: Receivers
let rejected: Shown
const visits: Visit[] = []

beforeAll(async () => {
  stack = await startStack()
  admin = { url: stack.url, key: stack.adminKey }
  receivers = await startReceivers()
  browser = await openBrowser()
  await makeAPast()
}, TIMEOUT)
afterEach(async () => {
  const complaints = visits.flatMap((each) => each.complaints)
  for (const each of visits.splice(0)) await each.close()
  expect(complaints).toEqual([])
})
afterAll(async () => {
  await browser.close()
  await receivers.close()
  await stack.close()
})

async function upload(filename: string, contentType: string, bytes: Buffer): Promise<Shown> {
  const body = { filename, contentType, size: bytes.length, metadata: { order: `of ${filename}` } }
  const issued = await call(stack, 'POST', '/v1/uploads', body)
  const { url, headers } = issued.slot ?? { url: '', headers: {} }
  await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  await call(stack, 'POST', `/v1/uploads/${issued.id}/complete`)
  return untilFinal(stack, issued.id)
}

/** Some of everything, with an endpoint that is told of all and takes nothing. */
async function makeAPast(): Promise<void> {
  receivers.mood.status = 410
  await call(admin, 'POST', '/v1/webhooks', { url: receivers.url('flaky'), description: 'shop' })
  rejected = await upload('not-a-picture.png', 'image/png', Buffer.from('%PDF-1.4\n'))
  await until('the endpoint to be disabled', async () => {
    const { webhooks } = await call<{ webhooks: { state: string }[] }>(admin, 'GET', '/v1/webhooks')
    return webhooks[0]?.state === 'disabled'
  })
  const bin = 'application/octet-stream'
  for (let nth = 0; nth < 26; nth += 1) await upload(`report-${nth}.bin`, bin, someBytes(500, nth))
  await upload('picture.png', 'image/png', PNG)
  const open = { filename: 'unsent.bin', contentType: bin, size: 10 }
  await call(stack, 'POST', '/v1/uploads', open)
  const { id } = await call(stack, 'POST', '/v1/uploads', { ...open, filename: 'withdrawn.bin' })
  await call(stack, 'DELETE', `/v1/uploads/${id}`)
  const posted = await fetch(`${stack.url}/events/s3`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.eventsToken}` },
    body: '{"no":"form that anybody knows"}',
  })
  expect(posted.status).toBe(202)
}

async function open(looks: Looks = {}, path = '#/'): Promise<Visit> {
  const opened = await visit(browser, `${stack.url}/console${path}`, looks)
  visits.push(opened)
  return opened
}

async function signIn(looks: Looks = {}, path = '#/'): Promise<Visit> {
  const at = await open(looks, path)
  await at.page.getByLabel('API key with the scope admin').fill(stack.adminKey)
  await at.page.keyboard.press('Enter')
  await at.page.getByRole('navigation', { name: 'Views' }).waitFor()
  return at
}

describe('the door', () => {
  it(
    'opens for an admin key alone, and says what is wrong with another',
    async () => {
      const at = await open()
      await screenshot(at, 'console-sign-in')
      expect(await seriousViolations(at)).toEqual([])
      const field = at.page.getByLabel('API key with the scope admin')
      await field.fill('berth_0000000000000000_nothing')
      await at.page.getByRole('button', { name: 'Sign in' }).click()
      await at.page.getByText('This key is not valid').waitFor()
      await field.fill(stack.key)
      await at.page.getByRole('button', { name: 'Sign in' }).click()
      await at.page.getByText('it has no scope admin').waitFor()
      await field.fill(stack.adminKey)
      await at.page.getByRole('button', { name: 'Sign in' }).click()
      await at.page.getByRole('heading', { name: 'Overview' }).waitFor()
    },
    TIMEOUT,
  )

  it(
    'is shut again after a reload: the key is in no storage, cookie or address',
    async () => {
      const at = await signIn()
      const kept = await at.page.evaluate<string>(
        'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
      )
      expect(kept).not.toContain(stack.adminKey)
      await at.page.reload()
      await at.page.getByLabel('API key with the scope admin').waitFor()
    },
    TIMEOUT,
  )

  it('has a policy that lets the page talk to this host alone', async () => {
    const answer = await fetch(`${stack.url}/console`)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
  })

  it('loads with less than 100 kB', () => {
    const files = ['console.html', 'console.js', 'console.css']
    const sizes = files.map((name) => gzipSync(readFileSync(`dist/console/${name}`)).length)
    const all = sizes.reduce((sum, size) => sum + size, 0)
    process.stdout.write(
      `console, gzipped: ${files.map((n, i) => `${n} ${sizes[i]}`).join(', ')}\n`,
    )
    expect(all).toBeLessThan(100_000)
  })
})

describe('the overview', () => {
  it(
    'counts what there is, and draws it',
    async () => {
      const at = await signIn()
      const tile = (state: string): Promise<string> =>
        at.page.locator(`.tile:has(.state.${state}) .count`).innerText()
      await at.page.locator('.tile').first().waitFor()
      expect(await tile('ready')).toBe('27')
      expect(await tile('rejected')).toBe('1')
      expect(await tile('canceled')).toBe('1')
      expect(await tile('pending')).toBe('1')
      const chart = (title: string) =>
        at.page.locator('figure').filter({ has: at.page.getByText(title, { exact: true }) })
      await chart('Slots issued').locator('rect.blue[x]').first().waitFor()
      expect(await chart('Slots issued').locator('.legend').innerText()).toMatch(/issued\s+30/)
      const ended = await chart('How uploads ended').locator('.legend').innerText()
      expect(ended).toMatch(/ready\s+27\s+rejected\s+1\s+canceled\s+1/)
      expect(await chart('Rejections by reason').locator('.legend').innerText()).toMatch(
        /^\S+\s+1$/,
      )
      const arrivals = await chart('Arrivals by what told of them').locator('.legend').innerText()
      const counted = [...arrivals.matchAll(/\s(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
      expect(counted).toBeGreaterThanOrEqual(28)
      await chart('How uploads ended').getByText('The numbers as a table').click()
      const cells = await chart('How uploads ended').locator('tbody td').allInnerTexts()
      expect(cells.reduce((sum, cell) => sum + Number(cell), 0)).toBe(29)
      await screenshot(at, 'console-overview')
    },
    TIMEOUT,
  )

  it(
    'shows other spans on request',
    async () => {
      const at = await signIn()
      for (const span of ['7 days', '30 days', '90 days']) {
        await at.page.getByRole('button', { name: span }).click()
        await at.page.locator('figure rect.green').first().waitFor()
        expect(await at.page.locator('.legend').nth(0).innerText()).toMatch(/issued\s+30/)
      }
      await screenshot(at, 'console-overview-90-days')
    },
    TIMEOUT,
  )
})

describe('the uploads', () => {
  it(
    'are paged, filtered and searched',
    async () => {
      const at = await signIn({}, '#/uploads')
      const names = (): Promise<string[]> => at.page.locator('tbody th a').allInnerTexts()
      const untilShown = (words: string) => at.page.getByText(words).waitFor()
      await untilShown('25 uploads on this page')
      expect((await names())[0]).toBe('withdrawn.bin')
      await screenshot(at, 'console-uploads')
      await at.page.getByRole('button', { name: 'Older' }).click()
      await untilShown('Page 2')
      await untilShown('5 uploads on this page')
      await at.page.getByLabel('State').selectOption('rejected')
      await at.page.getByRole('button', { name: 'Search' }).click()
      await untilShown('1 upload on this page')
      expect(await names()).toEqual(['not-a-picture.png'])
      await at.page.getByLabel('State').selectOption('')
      await at.page.getByLabel('File name').fill('OF REPORT-7')
      await at.page.keyboard.press('Enter')
      await at.page.getByRole('link', { name: 'report-7.bin' }).waitFor()
      await untilShown('1 upload on this page')
      expect(await names()).toEqual(['report-7.bin'])
      expect(at.page.url()).toContain('text=OF+REPORT-7')
      await at.page.getByLabel('File name').fill('nowhere')
      await at.page.keyboard.press('Enter')
      await untilShown('Nothing found.')
    },
    TIMEOUT,
  )
})

describe('an upload', () => {
  it(
    'that was rejected says why, and how it came to that',
    async () => {
      const at = await signIn({}, `#/uploads/${rejected.id}`)
      await at.page.getByRole('heading', { name: 'not-a-picture.png' }).waitFor()
      const said = await at.page.locator('.notice.bad').innerText()
      expect(said).toContain(`Rejected: ${rejected.rejection?.reason ?? ''}.`)
      expect(said).toContain('image/png')
      const steps = await at.page.locator('.timeline .state').allInnerTexts()
      expect(steps).toEqual(['pending', 'received', 'verifying', 'rejected'])
      await at.page.getByRole('cell', { name: 'dead letter' }).waitFor()
      await screenshot(at, 'console-upload-rejected')
    },
    TIMEOUT,
  )

  it(
    'is told of again on request, and the endpoint gets the same message',
    async () => {
      const at = await signIn({}, `#/uploads/${rejected.id}`)
      const before = receivers.of('flaky').length
      const again = at.page.getByRole('button', { name: 'Send again: upload.rejected' })
      await again.click()
      await at.page.getByText('the webhook endpoint is disabled').waitFor()
      const { webhooks } = await call<{ webhooks: { id: string }[] }>(admin, 'GET', '/v1/webhooks')
      await call(admin, 'POST', `/v1/webhooks/${webhooks[0]?.id ?? ''}/enable`)
      receivers.mood.status = 200
      await again.click()
      await at.page.getByRole('cell', { name: 'delivered', exact: true }).waitFor()
      const messages = receivers.of('flaky')
      expect(messages.length).toBe(before + 1)
      expect(messages.at(-1)?.body).toBe(messages[0]?.body)
      expect(messages.at(-1)?.headers['webhook-id']).toBe(messages[0]?.headers['webhook-id'])
      await screenshot(at, 'console-upload-delivered')
    },
    TIMEOUT,
  )
})

describe('the other views', () => {
  it(
    'list dead letters, and send one again',
    async () => {
      const at = await signIn({}, '#/dead-letters')
      const again = at.page.getByRole('button', { name: /^Send again: / })
      await again.first().waitFor()
      const dead = await again.count()
      expect(dead).toBe(25)
      await screenshot(at, 'console-dead-letters')
      await again.first().click()
      await at.page.getByText('is on its way again').waitFor()
    },
    TIMEOUT,
  )

  it(
    'tell of poison events and of the flow, and nothing of what events say',
    async () => {
      const at = await signIn({}, '#/events')
      await at.page.getByText('Events arrive as they should.').waitFor()
      await at.page.locator('tbody tr').first().waitFor()
      const words = await at.page.locator('main').innerText()
      expect(words).not.toContain('form that anybody knows')
      await screenshot(at, 'console-events')
    },
    TIMEOUT,
  )

  it(
    'show what each bucket enforces',
    async () => {
      const at = await signIn({}, '#/buckets')
      await until('the probe', async () => {
        await at.page.getByRole('link', { name: 'Events' }).click()
        await at.page.getByRole('link', { name: 'Buckets' }).click()
        await at.page.getByRole('heading', { name: 'Buckets' }).waitFor()
        return at.page.getByText('berth-dev').isVisible()
      })
      expect(await at.page.getByText('the store refuses').count()).toBe(4)
      await screenshot(at, 'console-buckets')
    },
    TIMEOUT,
  )
})

describe('every view', () => {
  const VIEWS = ['', 'uploads', 'dead-letters', 'events', 'buckets']

  it.each<[string, Looks]>([
    ['light', {}],
    ['dark', { dark: true }],
    ['narrow', { narrow: true }],
    ['narrow-dark', { narrow: true, dark: true }],
  ])(
    'has nothing serious for axe to say, and fits: %s',
    async (name, looks) => {
      const at = await signIn(looks)
      for (const view of [...VIEWS, `uploads/${rejected.id}`]) {
        await at.page.evaluate(`location.hash = '#/${view}'`)
        await untilTrue(at, `!document.querySelector('main').innerText.includes('Loading')`)
        await untilTrue(at, `document.querySelector('main h1') !== null`)
        const shown = view.split('/').length > 1 ? 'upload' : view || 'overview'
        expect([view, await seriousViolations(at)]).toEqual([view, []])
        expect([view, await isTooWide(at)]).toEqual([view, false])
        if (name !== 'light') await screenshot(at, `console-${shown}-${name}`)
      }
    },
    TIMEOUT,
  )

  it(
    'is reached by the keyboard, and begins with its heading',
    async () => {
      const at = await signIn()
      await at.page.getByRole('link', { name: 'Uploads', exact: true }).focus()
      await at.page.keyboard.press('Enter')
      await untilTrue(at, `document.activeElement?.textContent === 'Uploads'`)
      expect(await at.page.title()).toBe('Uploads · Berth')
    },
    TIMEOUT,
  )
})
