import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pathToFileURL } from 'node:url'
import request from 'supertest'
import { docsPages } from '../../src/console/docs-pages.ts'
import { problemType, SLUGS } from '../../src/http/problem-meanings.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

const PUBLIC_URL = 'https://uploads.example/berth'
const SWAGGER_UI = pathToFileURL('node_modules/swagger-ui-dist/')

let world: World
let named: World
beforeAll(async () => {
  world = await createWorld({ http: { console: true }, pages: docsPages(SWAGGER_UI) })
  named = await createWorld({ http: { publicUrl: `${PUBLIC_URL}/` } })
})
afterAll(() => Promise.all([world.close(), named.close()]))

const get = (path: string) => request(world.app).get(path)

describe('the type of a problem', () => {
  it('leads to a page that says what it means, and whether to retry', async () => {
    for (const slug of SLUGS) {
      const { title, status, retry } = problemType(slug)
      const page = await get(`/problems/${slug}`)
      expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      const text = page.text.replaceAll('&amp;', '&')
      for (const said of [title, String(status), retry]) expect(text).toContain(said)
    }
  })

  it('is on the list of all', async () => {
    const { text } = await get('/problems')
    for (const slug of SLUGS) expect(text).toContain(`href="/problems/${slug}"`)
  })

  it('is one of ours, or there is no page', async () => {
    expect((await get('/problems/nope')).body.type).toBe('/problems/not-found')
    expect((await get('/problems/constructor')).status).toBe(404)
  })

  it('is a page that loads nothing at all', async () => {
    const policy = (await get('/problems')).headers['content-security-policy']
    expect(policy).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    )
  })
})

describe('/docs', () => {
  const addresses = (html: string): string[] =>
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')

  it('loads from this host alone, and holds no script of its own', async () => {
    const page = await get('/docs')
    expect(page.headers['content-security-policy']).toContain("script-src 'self';style-src 'self'")
    expect(page.headers['content-security-policy']).toContain("connect-src 'self'")
    expect(page.text).not.toMatch(/<script(?![^>]+src=)|<style| on[a-z]+=|style=/)
    expect(addresses(page.text)).not.toContainEqual(expect.stringMatching(/^(https?:)?\/\//))
  })

  it('finds every file that it names', async () => {
    const { text } = await get('/docs')
    const files = addresses(text).filter((address) => !address.startsWith('data:'))
    expect(files).toHaveLength(3)
    for (const file of files) {
      const answer = await get(new URL(file, 'http://host/docs').pathname)
      expect([file, answer.status]).toEqual([file, 200])
      expect(answer.headers['content-type']).toMatch(file.endsWith('.css') ? /css/ : /javascript/)
    }
  })

  it('asks nobody to validate, and sends nothing home', async () => {
    const { text } = await get('/docs/docs.js')
    expect(text).toContain('validatorUrl: null')
    for (const { body } of docsPages(SWAGGER_UI)) expect(body).not.toMatch(/scarf/i)
  })

  it('is not there when the pages are switched off', async () => {
    expect((await request(named.app).get('/docs')).status).toBe(404)
  })
})

describe('PUBLIC_URL', () => {
  it('stands before every address in an answer', async () => {
    const api = apiOf(named, await named.newKey())
    const issued = await api.post('/v1/uploads', slotBody)
    expect(issued.headers['location']).toBe(`${PUBLIC_URL}/v1/uploads/${issued.body.id}`)
    const renewed = await api.post(`/v1/uploads/${issued.body.id}/slot`)
    expect(renewed.headers['location']).toBe(`${PUBLIC_URL}/v1/uploads/${issued.body.id}`)
    const refused = await api.get('/v1/uploads?x=1')
    expect(refused.body.type).toBe(`${PUBLIC_URL}/problems/validation-failed`)
    const batch = await api.post('/v1/uploads/batch', { uploads: [{}] })
    expect(batch.body.results[0].problem.type).toBe(`${PUBLIC_URL}/problems/validation-failed`)
    const { text } = await request(named.app).get('/problems')
    expect(text).toContain(`href="${PUBLIC_URL}/problems/not-found"`)
  })

  it('may be named in any script: addresses are sent in ASCII, and nothing is issued in vain', async () => {
    const abroad = await createWorld({ http: { publicUrl: 'https://例え.example/ü/' } })
    const issued = await apiOf(abroad, await abroad.newKey()).post('/v1/uploads', slotBody)
    expect(issued.headers['location']).toBe(
      `https://xn--r8jz45g.example/%C3%BC/v1/uploads/${issued.body.id}`,
    )
    await abroad.close()
  })

  it('is the server of the description, and in front of its types of problems', async () => {
    const { body } = await request(named.app).get('/openapi.json')
    expect(body.servers).toEqual([{ url: PUBLIC_URL }])
    const { content } = body.components.responses['not-found']
    const [, { properties }] = content['application/problem+json'].schema.allOf
    expect(properties.type.enum).toEqual([`${PUBLIC_URL}/problems/not-found`])
  })
})
