import { afterAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { PNG } from '../support/uploads.ts'
import { screenshot } from './chromium.ts'
import {
  choose,
  makeFolder,
  MIB,
  row,
  untilReady,
  uploadNamed,
  uploadsNamed,
  wordsOf,
} from './dropped.ts'
import { STORES } from './stack.ts'
import { TIMEOUT, useStand } from './stand.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

describe.each(STORES)('with %s, a file', (store) => {
  const stand = useStand(store)

  it(
    'that is dropped goes its way through the states, and what is downloaded is what was dropped',
    async () => {
      const at = await stand.open('/')
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
    'is saved by the link to it, which stays on the page',
    async () => {
      const at = await stand.open('/')
      await choose(at, folder.file('saved.bin', 4_000).path)
      await untilReady(at, 1)
      const saving = at.page.waitForEvent('download')
      await row(at, 'saved.bin').getByRole('link', { name: 'Download saved.bin' }).click()
      expect((await saving).suggestedFilename()).toBe('saved.bin')
      expect(await row(at, 'saved.bin').count()).toBe(1)
    },
    TIMEOUT,
  )

  it(
    'is one of twenty, of which every one becomes ready with its own bytes',
    async () => {
      const at = await stand.open('/')
      const files = Array.from({ length: 20 }, (_, nth) =>
        folder.file(`of-20-${nth}.bin`, 9_000 + nth),
      )
      await choose(at, ...files.map(({ path }) => path))
      await untilReady(at, 20)
      await screenshot(at, 'drop-zone-twenty')
      expect(await at.page.locator('.summary').innerText()).toContain('20 of 20 ready')
      for (const { name, sha256 } of files) {
        expect(await row(at, name).innerText()).toContain(sha256)
      }
    },
    TIMEOUT,
  )

  it(
    'that is chosen twice at once becomes two uploads, and both are ready',
    async () => {
      const at = await stand.open('/')
      const { path } = folder.file('twice.bin', 5_000)
      await choose(at, path)
      await choose(at, path)
      await untilReady(at, 2)
      expect(await uploadsNamed(stand.stack, 'twice.bin')).toHaveLength(2)
    },
    TIMEOUT,
  )

  it(
    'of a type that is not taken is refused in words, before a byte is sent',
    async () => {
      const at = await stand.open('/')
      writeFileSync(folder.path('page.html'), '<!doctype html><p>hello')
      await choose(at, folder.path('page.html'))
      await row(at, 'page.html').locator('.bad').waitFor()
      expect(await wordsOf(at, 'page.html')).toBe(
        'Files of this kind (text/html) are not taken here. ' +
          'Web pages, scripts and programs are taken only where the profile names their type.',
      )
      expect(await uploadsNamed(stand.stack, 'page.html')).toEqual([])
    },
    TIMEOUT,
  )

  it(
    'that its profile does not take is refused with what is taken, and with both sizes',
    async () => {
      const at = await stand.open('/?profile=pictures')
      writeFileSync(folder.path('large.png'), '')
      truncateSync(folder.path('large.png'), 2 * MIB)
      writeFileSync(folder.path('small.png'), PNG)
      const { path } = folder.file('no-picture.bin', 100)
      await choose(at, folder.path('large.png'), folder.path('small.png'), path)
      await untilReady(at, 1)
      await row(at, 'no-picture.bin').locator('.bad').waitFor()
      await row(at, 'large.png').locator('.bad').waitFor()
      expect(await wordsOf(at, 'no-picture.bin')).toMatch(/Taken: image\/png\.$/)
      expect(await wordsOf(at, 'large.png')).toBe(
        'This file is too large: 2.0 MiB, and at most 1.0 MiB is taken.',
      )
      await screenshot(at, 'drop-zone-refused')
    },
    TIMEOUT,
  )

  it(
    'whose bytes are not of its type is rejected, and the page says why',
    async () => {
      const at = await stand.open('/')
      writeFileSync(folder.path('not-a.png'), '%PDF-1.4\n')
      writeFileSync(folder.path('a.png'), PNG)
      await choose(at, folder.path('not-a.png'), folder.path('a.png'))
      await untilReady(at, 1)
      await row(at, 'not-a.png').locator('.bad').waitFor()
      expect(await wordsOf(at, 'not-a.png')).toMatch(
        /^Rejected: the bytes are of another type than the file says\. .*image\/png/,
      )
      expect((await uploadNamed(stand.stack, 'not-a.png')).state).toBe('rejected')
    },
    TIMEOUT,
  )
})
