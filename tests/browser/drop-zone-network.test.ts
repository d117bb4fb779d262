import { afterAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { call } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { network, screenshot, untilTrue, type Visit } from './chromium.ts'
import {
  button,
  choose,
  makeFolder,
  MIB,
  partsHeld,
  putsFrom,
  row,
  untilPartsAreHeld,
  untilReady,
  untilSending,
  uploadNamed,
} from './dropped.ts'
import { STORES } from './stack.ts'
import { TIMEOUT, useStand } from './stand.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

/** Bytes per second. */
const SLOW = 400_000
const FAIR = 4_000_000

const shaOf = async (url: string): Promise<string> => {
  const hash = createHash('sha256')
  const { body } = await fetch(url)
  for await (const chunk of body ?? []) hash.update(chunk as Uint8Array)
  return hash.digest('base64')
}

describe.each(STORES)('with %s, a file', (store) => {
  const stand = useStand(store)
  const sumIn = async (at: Visit, name: string) =>
    /SHA-256 (\S+)/.exec(await row(at, name).innerText())?.[1]

  it(
    'of 200 MiB goes in parts, says how fast and how long, and comes back as it went',
    async () => {
      const at = await stand.open('/')
      const { name, path, sha256 } = folder.file('large.bin', 200 * MIB)
      const puts = putsFrom(at, stand.stack)
      await choose(at, path)
      await row(at, name)
        .getByText(/^[\d.]+ MiB of 200 MiB, .* a second, .* left\.$/)
        .waitFor()
      await screenshot(at, `drop-zone-large`)
      await untilReady(at, 1, 150)
      expect(puts).toEqual(Array.from({ length: 25 }, () => 200))
      expect(await sumIn(at, name)).toBe(sha256)
      const { id } = await uploadNamed(stand.stack, name)
      const { url } = await call<{ url: string }>(stand.stack, 'GET', `/v1/uploads/${id}/download`)
      expect(await shaOf(url)).toBe(sha256)
    },
    TIMEOUT,
  )

  it(
    'that is canceled in the middle is withdrawn, and its row stays with the word',
    async () => {
      const at = await stand.open('/')
      await network(at, SLOW)
      await choose(at, folder.file('canceled.bin', 8 * MIB).path)
      await untilSending(at)
      await screenshot(at, 'drop-zone-uploading')
      await button(at, 'Cancel canceled.bin').click()
      await row(at, 'canceled.bin').getByText('Canceled: nothing is kept.').waitFor()
      await until('the upload to be canceled', async () => {
        return (await uploadNamed(stand.stack, 'canceled.bin')).state === 'canceled'
      })
      // Nor does a later visit offer to go on with it.
      await at.page.reload()
      await at.page.locator('#choose').waitFor({ state: 'attached' })
      expect(await at.page.evaluate<number>('localStorage.length')).toBe(0)
    },
    TIMEOUT,
  )

  it.each([
    ['one piece', 4 * MIB],
    ['parts', 24 * MIB],
  ])(
    'that is paused waits, and is ready after it went on: in %s',
    async (how, size) => {
      const at = await stand.open('/')
      const { name, path, sha256 } = folder.file(`paused in ${how}.bin`, size)
      await network(at, SLOW)
      await choose(at, path)
      await untilSending(at)
      await button(at, `Pause: ${name}`).click()
      await row(at, name).getByText('Paused. What').waitFor()
      await screenshot(at, 'drop-zone-paused')
      await network(at, -1)
      await button(at, `Resume: ${name}`).click()
      await untilReady(at, 1)
      expect(await sumIn(at, name)).toBe(sha256)
      await uploadNamed(stand.stack, name)
    },
    TIMEOUT,
  )

  it(
    'that was not finished before a reload is offered, and only its missing parts are sent',
    async () => {
      const at = await stand.open('/')
      const { name, path, sha256 } = folder.file('reloaded.bin', 40 * MIB)
      await network(at, FAIR)
      await choose(at, path)
      await untilPartsAreHeld(stand.stack, name, 2)
      await at.page.reload()
      await at.page.getByText('Not finished before this page was loaded').waitFor()
      await screenshot(at, 'drop-zone-reloaded')
      await network(at, -1)
      const held = await partsHeld(stand.stack, name)
      const puts = putsFrom(at, stand.stack)
      await choose(at, path)
      await untilReady(at, 1)
      expect(puts).toHaveLength(5 - held.length)
      expect(await sumIn(at, name)).toBe(sha256)
      expect(await at.page.getByText('Not finished before').count()).toBe(0)
      await uploadNamed(stand.stack, name)
    },
    TIMEOUT,
  )

  it.each([
    ['one piece', 4 * MIB],
    ['parts', 24 * MIB],
  ])(
    'that loses the network says so, and goes on by itself when it is back: in %s',
    async (how, size) => {
      const at = await stand.open('/')
      const { name, path, sha256 } = folder.file(`offline in ${how}.bin`, size)
      await network(at, SLOW)
      await choose(at, path)
      await untilSending(at)
      await network(at, -1, true)
      await row(at, name).getByText('You are offline').waitFor()
      await screenshot(at, 'drop-zone-offline')
      await network(at, -1)
      await untilReady(at, 1)
      expect(await sumIn(at, name)).toBe(sha256)
      await uploadNamed(stand.stack, name)
    },
    TIMEOUT,
  )

  it(
    'whose slots expire in the middle gets fresh ones, and nobody notices',
    async () => {
      const at = await stand.open('/?profile=hasty')
      const { name, path, sha256 } = folder.file('expiring.bin', 40 * MIB)
      const puts = putsFrom(at, stand.stack)
      // Four parts are signed at once for ten seconds, and two of them take longer than that.
      await network(at, 1_200_000)
      await choose(at, path)
      await untilPartsAreHeld(stand.stack, name, 2)
      await until('an expired slot', () => Promise.resolve(puts.includes(403)))
      await network(at, -1)
      await untilReady(at, 1)
      expect(await sumIn(at, name)).toBe(sha256)
      await uploadNamed(stand.stack, name)
    },
    TIMEOUT,
  )

  it(
    'whose slot expires while the network is away is sent into a fresh one',
    async () => {
      const at = await stand.open('/?profile=hasty')
      const { name, path, sha256 } = folder.file('away.bin', 4 * MIB)
      await network(at, SLOW)
      await choose(at, path)
      await untilSending(at)
      const sentAt = Date.now()
      await network(at, -1, true)
      await row(at, name).getByText('You are offline').waitFor()
      await until('the slot to expire', () => Promise.resolve(Date.now() > sentAt + 11_000))
      await network(at, -1)
      await untilReady(at, 1)
      expect(await sumIn(at, name)).toBe(sha256)
      await uploadNamed(stand.stack, name)
    },
    TIMEOUT,
  )

  it(
    'that is left while others go on leaves them alone',
    async () => {
      const at = await stand.open('/')
      const names = ['first.bin', 'second.bin', 'third.bin', 'fourth.bin', 'fifth.bin']
      await network(at, SLOW)
      await choose(at, ...names.map((name) => folder.file(name, 2 * MIB).path))
      await untilSending(at)
      await button(at, 'Pause all').click()
      await untilTrue(at, `document.querySelectorAll('li.file.paused').length === 5`)
      await network(at, -1)
      await button(at, 'Cancel second.bin').click()
      await button(at, 'Resume all').click()
      await untilReady(at, 4)
      expect(await at.page.locator('.summary').innerText()).toContain('4 of 5 ready, 1 canceled')
    },
    TIMEOUT,
  )
})
