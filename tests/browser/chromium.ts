/** A real browser, and everything that it would rather not have said. */

import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/processes.ts'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'

const SCREENSHOTS = join('test-output', 'browser')

/** No traffic of the browser's own, and no name of any other host leads anywhere. */
const QUIET = [
  '--no-sandbox',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
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

/** `reach`: the only origins that the page may talk to. */
type Manner = Looks & { reach: readonly string[] }

export async function visit(
  browser: Browser,
  url: string,
  { dark = false, narrow = false, reach }: Manner,
): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: dark ? 'dark' : 'light',
    viewport: narrow ? { width: 360, height: 740 } : { width: 1280, height: 900 },
    acceptDownloads: true,
  })
  const complaints: string[] = []
  // Listened to and not routed: a routed body does not go out as it would by itself.
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (!reach.includes(origin) && protocol !== 'data:') complaints.push(`a request to ${origin}`)
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isOfNetwork(message.text())) complaints.push(message.text())
  })
  await page.goto(url)
  return { page, context, complaints, close: () => context.close() }
}

/** Chromium itself writes a line for each refusal and each lost connection, however well a page takes it. */
const isOfNetwork = (text: string): boolean =>
  /^Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISCONNECTED)/.test(
    text,
  )

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
export const untilTrue = ({ page }: Visit, expression: string, seconds?: number): Promise<void> =>
  until(expression, () => page.evaluate<boolean>(expression), seconds)

const networks = new WeakMap<Visit, CDPSession>()

/** As if the network were that slow, in bytes per second (-1: as it is), or gone. */
export async function network(at: Visit, uploadThroughput: number, offline = false): Promise<void> {
  const session = networks.get(at) ?? (await at.context.newCDPSession(at.page))
  networks.set(at, session)
  const others = { offline, latency: 0, downloadThroughput: -1 }
  await session.send('Network.emulateNetworkConditions', { ...others, uploadThroughput })
}
