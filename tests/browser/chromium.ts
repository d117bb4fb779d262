/** A real browser, and everything that it would rather not have said. */

import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/processes.ts'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const SCREENSHOTS = join('test-output', 'browser')

/** No traffic of the browser's own. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-domain-reliability',
  '--dns-prefetch-disable',
]

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: QUIET,
  })

export type Visit = {
  page: Page
  context: BrowserContext
  /** Errors in the console or of scripts, and requests to another host. */
  complaints: string[]
  close: () => Promise<void>
}

export type Looks = { dark?: boolean; narrow?: boolean }

export async function visit(
  browser: Browser,
  url: string,
  { dark = false, narrow = false }: Looks = {},
): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: dark ? 'dark' : 'light',
    viewport: narrow ? { width: 360, height: 740 } : { width: 1280, height: 900 },
    acceptDownloads: true,
  })
  const complaints: string[] = []
  await context.route('**', (route) => {
    const { hostname, protocol } = new URL(route.request().url())
    if (hostname === '127.0.0.1' || protocol === 'data:') return route.continue()
    complaints.push(`a request to ${hostname}`)
    return route.abort()
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isRefusal(message.text())) complaints.push(message.text())
  })
  await page.goto(url)
  return { page, context, complaints, close: () => context.close() }
}

/** Chromium itself writes a line for every answer of 400 and above, however well a page takes it. */
const isRefusal = (text: string): boolean =>
  /^Failed to load resource: the server responded with a status of 4\d\d/.test(text)

export async function screenshot({ page }: Visit, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { id: string; impact: string; nodes: { html: string }[] }

/** What axe-core calls serious or critical, each with the first element that it is about. */
export async function seriousViolations({ page }: Visit): Promise<string[]> {
  // Past the page's own policy, which lets in no script of a stranger.
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: AXE })
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run().then(({ violations }) => JSON.stringify(violations))',
    awaitPromise: true,
    returnByValue: true,
  })
  await session.detach()
  const violations = JSON.parse(String(result.value)) as Violation[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}

/** Whether anything sticks out to the right. */
export const isTooWide = ({ page }: Visit): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > innerWidth')

/** An expression of the page's own world; the page's policy lets no poller of strings in. */
export const untilTrue = ({ page }: Visit, expression: string): Promise<void> =>
  until(expression, () => page.evaluate<boolean>(expression))
