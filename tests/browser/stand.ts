/** Berth, its store and a browser for the tests of one describe; every page is asked for complaints afterwards. */

import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { openBrowser, visit, type Looks, type Visit } from './chromium.ts'
import { startStack, type Stack, type StoreName } from './stack.ts'

export const TIMEOUT = 180_000

export type Stand = {
  stack: Stack
  /** @param path of the page, below Berth's address. */
  open: (path: string, looks?: Looks) => Promise<Visit>
}

/** To be called in a describe; what it returns is filled before the first test. */
export function useStand(store: StoreName): Stand {
  let browser: Browser
  const visits: Visit[] = []
  const stand = {
    open: async (path: string, looks: Looks = {}) => {
      const { url, storeUrl } = stand.stack
      const opened = await visit(browser, `${url}${path}`, { ...looks, reach: [url, storeUrl] })
      visits.push(opened)
      return opened
    },
  } as Stand
  beforeAll(async () => {
    stand.stack = await startStack(store)
    browser = await openBrowser()
  }, TIMEOUT)
  afterEach(async () => {
    const complaints = visits.flatMap((each) => each.complaints)
    for (const each of visits.splice(0)) await each.close()
    expect(complaints).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    await stand.stack.close()
  })
  return stand
}
