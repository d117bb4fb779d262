import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { call } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { isTooWide, screenshot, seriousViolations, untilTrue } from './chromium.ts'
import type { Looks, Visit } from './chromium.ts'
import { asAdmin, makeAPast, webhooksOf, type Past } from './past.ts'
import { STORES, type Stack } from './stack.ts'
import { TIMEOUT, useStand } from './stand.ts'

type Buckets = { buckets: { guarantees: Record<string, 'storage' | 'verification'> }[] }

describe.each(STORES)('with %s', (store) => {
  const stand = useStand(store)
  let stack: Stack
  let past: Past
  beforeAll(async () => {
    stack = stand.stack
    past = await makeAPast(stack)
  }, TIMEOUT)
  afterAll(() => past.receivers.close())

  async function signIn(looks: Looks = {}, path = '#/'): Promise<Visit> {
    const at = await stand.open(`/console${path}`, looks)
    await at.page.getByLabel('API key with the scope admin').fill(stack.adminKey)
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('navigation', { name: 'Views' }).waitFor()
    return at
  }

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
        const counted = [...arrivals.matchAll(/\s(\d+)/g)].reduce(
          (sum, [, n]) => sum + Number(n),
          0,
        )
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
        const at = await signIn({}, `#/uploads/${past.rejected.id}`)
        await at.page.getByRole('heading', { name: 'not-a-picture.png' }).waitFor()
        const said = await at.page.locator('.notice.bad').innerText()
        expect(said).toContain(`Rejected: ${past.rejected.rejection?.reason ?? ''}.`)
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
        const at = await signIn({}, `#/uploads/${past.rejected.id}`)
        const before = past.receivers.of('flaky').length
        const again = at.page.getByRole('button', { name: 'Send again: upload.rejected' })
        await again.click()
        await at.page.getByText('the webhook endpoint is disabled').waitFor()
        const [webhook] = await webhooksOf(stack)
        await call(asAdmin(stack), 'POST', `/v1/webhooks/${webhook?.id ?? ''}/enable`)
        past.receivers.mood.status = 200
        await again.click()
        await at.page.getByRole('cell', { name: 'delivered', exact: true }).waitFor()
        const messages = past.receivers.of('flaky')
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
      'show what each bucket enforces, as the probe has found',
      async () => {
        const at = await signIn({}, '#/buckets')
        await until('the probe', async () => {
          await at.page.getByRole('link', { name: 'Events' }).click()
          await at.page.getByRole('link', { name: 'Buckets' }).click()
          await at.page.getByRole('heading', { name: 'Buckets' }).waitFor()
          return at.page.getByText(stack.bucket).isVisible()
        })
        const { buckets } = await call<Buckets>(asAdmin(stack), 'GET', '/v1/console/overview')
        const kept = Object.values(buckets[0]?.guarantees ?? {})
        const byStore = kept.filter((keeper) => keeper === 'storage').length
        expect(kept).toHaveLength(4)
        expect(await at.page.getByText('the store refuses').count()).toBe(byStore)
        expect(await at.page.getByText('Berth rejects', { exact: true }).count()).toBe(4 - byStore)
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
        for (const view of [...VIEWS, `uploads/${past.rejected.id}`]) {
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
})
