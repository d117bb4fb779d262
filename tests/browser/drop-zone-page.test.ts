import { afterAll, describe, expect, it } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { isTooWide, network, screenshot, seriousViolations, untilTrue } from './chromium.ts'
import type { Looks, Visit } from './chromium.ts'
import { choose, makeFolder, MIB, row, untilReady, untilSending } from './dropped.ts'
import { STORES } from './stack.ts'
import { TIMEOUT, useStand } from './stand.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const SLOW = 400_000

describe.each(STORES)('with %s, the drop zone', (store) => {
  const stand = useStand(store)

  it.each<[string, Looks]>([
    ['light', {}],
    ['dark', { dark: true }],
    ['narrow', { narrow: true }],
    ['narrow and dark', { narrow: true, dark: true }],
  ])(
    'has nothing serious for axe to say, and fits: %s',
    async (name, looks) => {
      const at = await stand.open('/', looks)
      expect(await seriousViolations(at)).toEqual([])
      const long = 'a file with quite a long name, as people give them to files.bin'
      writeFileSync(folder.path('page.html'), '<!doctype html><p>hello')
      await choose(at, folder.file(long, 999).path, folder.path('page.html'))
      await untilReady(at, 1)
      await row(at, 'page.html').locator('.bad').waitFor()
      await network(at, SLOW)
      await choose(at, folder.file('on its way.bin', 24 * MIB).path)
      await untilSending(at)
      expect(await seriousViolations(at)).toEqual([])
      expect(await isTooWide(at)).toBe(false)
      await screenshot(at, `drop-zone-${name.replaceAll(' ', '-')}`)
    },
    TIMEOUT,
  )

  const focused = ({ page }: Visit): Promise<string> =>
    page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.id')

  /** As often as it takes. */
  async function tabTo(at: Visit, name: string): Promise<void> {
    for (let tabs = 0; tabs < 10 && (await focused(at)) !== name; tabs += 1) {
      await at.page.keyboard.press('Tab')
    }
    expect(await focused(at)).toBe(name)
  }

  it(
    'is worked by the keyboard alone: chosen, paused, resumed, canceled, tried again, downloaded',
    async () => {
      const at = await stand.open('/')
      const { page } = at
      // From the beginning: that we choose is news to the browser, which may be slower than a key.
      page.on('filechooser', () => undefined)
      const chooseByKey = async (path: string): Promise<void> => {
        await tabTo(at, 'choose')
        const chooser = page.waitForEvent('filechooser')
        await page.keyboard.press('Space')
        await (await chooser).setFiles(path)
      }
      await network(at, SLOW)
      await chooseByKey(folder.file('by-key.bin', 4 * MIB).path)
      await untilSending(at)
      await tabTo(at, 'Pause: by-key.bin')
      await page.keyboard.press('Enter')
      await row(at, 'by-key.bin').getByText('Paused.').waitFor()
      await tabTo(at, 'Resume: by-key.bin')
      await page.keyboard.press('Enter')
      await untilSending(at)
      await tabTo(at, 'Cancel by-key.bin')
      await page.keyboard.press('Enter')
      await row(at, 'by-key.bin').getByText('Canceled: nothing is kept.').waitFor()
      // Those who hear the page are told, too.
      await untilTrue(
        at,
        `[...document.querySelectorAll('[role=status]')].some(({ textContent }) => textContent === 'by-key.bin: canceled.')`,
      )
      await network(at, -1)
      await page.reload()
      await chooseByKey(folder.file('for-good.bin', 5_000).path)
      await untilReady(at, 1)
      await tabTo(at, 'Download for-good.bin')
      const saving = page.waitForEvent('download')
      await page.keyboard.press('Enter')
      expect((await saving).suggestedFilename()).toBe('for-good.bin')
    },
    TIMEOUT,
  )
})
