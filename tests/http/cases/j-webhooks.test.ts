import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { apiOf, type Api } from '../../support/api.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let api: Api
beforeAll(async () => {
  world = await createWorld({ webhooks: { allowPrivate: false } })
  api = apiOf(world, await world.newKey('tenant-a', ['admin']))
})
afterAll(() => world.close())

const register = async (body: object): Promise<[number, string]> => {
  const answer = await api.post('/v1/webhooks', body)
  return [answer.status, answer.body.type ?? answer.body.url]
}

describe('a webhook is not registered', () => {
  it.each([
    ['J1 over plain http', 'http://hooks.acme.io/'],
    ['J3 to 127.0.0.1', 'https://127.0.0.1/'],
    ['J3 to 127.1', 'https://127.1/'],
    ['J3 to 2130706433', 'https://2130706433/'],
    ['J3 to 0x7f.1', 'https://0x7f.1/'],
    ['J3 to 0177.0.0.1', 'https://0177.0.0.1/'],
    ['J3 to 0', 'https://0/'],
    ['J4 to ::1', 'https://[::1]/'],
    ['J4 to ::', 'https://[::]/'],
    ['J4 to ::ffff:127.0.0.1', 'https://[::ffff:127.0.0.1]/'],
    ['J4 to ::ffff:7f00:1', 'https://[::ffff:7f00:1]/'],
    ['J4 to 64:ff9b::7f00:1', 'https://[64:ff9b::7f00:1]/'],
    ['J4 to fd00::1', 'https://[fd00::1]/'],
    ['J4 to fe80::1%25lo', 'https://[fe80::1%25lo]/'],
    ['J6 to localhost', 'https://localhost/'],
    ['J6 to LOCALHOST.', 'https://LOCALHOST./'],
    ['J6 to x.localhost', 'https://x.localhost/'],
    ['J6 to foo.internal', 'https://foo.internal/'],
    ['J6 to metadata.google.internal', 'https://metadata.google.internal/'],
    ['J10 to full-width digits', 'https://１２７.0.0.1/'],
    ['J12 as a file', 'file:///etc/passwd'],
    ['J12 by gopher', 'gopher://hooks.acme.io/'],
    ['J12 as a script', 'javascript:alert(1)'],
    ['J13 with 2,100 characters', `https://hooks.acme.io/${'a'.repeat(2_078)}`],
  ])('%s', async (_what, url) => {
    expect(await register({ url })).toEqual([422, '/problems/webhook-url-not-allowed'])
  })

  it('J16 with a secret of the caller’s own, however long', async () => {
    for (const secret of ['whsec_c2hvcnQ=', `whsec_${'A'.repeat(43)}=`]) {
      expect(await register({ url: 'https://hooks.acme.io/', secret })).toEqual([
        422,
        '/problems/validation-failed',
      ])
    }
  })
})

it('J13 a fragment is dropped, as it is never sent', async () => {
  expect(await register({ url: 'https://hooks.acme.io/a#b' })).toEqual([
    201,
    'https://hooks.acme.io/a',
  ])
})
