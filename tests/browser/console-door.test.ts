import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { screenshot, seriousViolations } from './chromium.ts'
import { STORES } from './stack.ts'
import { TIMEOUT, useStand } from './stand.ts'

const MOST_BYTES = 100_000

it('the console loads with less than 100 kB', () => {
  const files = ['console.html', 'console.js', 'console.css']
  const sizes = files.map((name) => gzipSync(readFileSync(`dist/console/${name}`)).length)
  process.stdout.write(
    `console, gzipped: ${files.map((name, nth) => `${name} ${sizes[nth]}`).join(', ')}\n`,
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES)
})

describe.each(STORES)('with %s, the door of the console', (store) => {
  const stand = useStand(store)

  it(
    'opens for an admin key alone, and says what is wrong with another',
    async () => {
      const { stack } = stand
      const at = await stand.open('/console')
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
    'is shut again after a reload: the key is in no storage, cookie or address, and not in the page',
    async () => {
      const { adminKey } = stand.stack
      const at = await stand.open('/console')
      await at.page.getByLabel('API key with the scope admin').fill(adminKey)
      await at.page.keyboard.press('Enter')
      await at.page.getByRole('heading', { name: 'Overview' }).waitFor()
      const kept = await at.page.evaluate<string>(`JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
        document.documentElement.outerHTML,
      ])`)
      expect(kept).toContain('Overview')
      expect(kept).not.toContain(adminKey)
      await at.page.reload()
      await at.page.getByLabel('API key with the scope admin').waitFor()
    },
    TIMEOUT,
  )

  it('has a policy that lets the page talk to this host alone', async () => {
    const answer = await fetch(`${stand.stack.url}/console`)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
  })

  it(
    'is held to that by the browser: no other host, no script out of text',
    async () => {
      const at = await stand.open('/console')
      const broken = await at.page.evaluate<string[]>(`new Promise((done) => {
        const broken = []
        addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          broken.push(effectiveDirective)
          if (broken.length === 2) done(broken.sort())
        })
        fetch('${stand.stack.storeUrl}/').catch(() => {})
        try { document.body.innerHTML = '<p>' } catch {}
      })`)
      expect(broken).toEqual(['connect-src', 'require-trusted-types-for'])
      // The browser says so in the console, as it should.
      at.complaints.splice(0)
    },
    TIMEOUT,
  )
})
