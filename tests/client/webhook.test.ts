import { describe, expect, it } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { InvalidWebhook, verifyWebhook } from '../../src/client/server.ts'
import { signedHeaders } from '../../src/webhooks/sign.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const OLD = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const AT = new Date('2026-11-21T12:00:00.000Z')
const BODY = JSON.stringify({
  type: 'upload.ready',
  timestamp: AT.toISOString(),
  data: { id: 'upl_1', state: 'ready', filename: 'Grüße \u{1F600}.png' },
})

const official = (secret = SECRET, body = BODY, at = AT) => ({
  body,
  headers: {
    'webhook-id': 'evt_upl_1_4',
    'webhook-timestamp': String(at.getTime() / 1000),
    'webhook-signature': new Webhook(secret).sign('evt_upl_1_4', at, body),
  },
})

const now = AT.getTime()

describe('verifyWebhook', () => {
  it('takes what the official library has signed, and says what it is', async () => {
    const event = await verifyWebhook(official(), SECRET, { now })
    expect(event).toEqual({ id: 'evt_upl_1_4', ...JSON.parse(BODY) })
  })

  it('takes what Berth sends while a secret is being changed, with either secret', async () => {
    const headers = signedHeaders({ id: 'evt_1', body: BODY, secrets: [SECRET, OLD] }, AT)
    for (const secret of [SECRET, OLD, [OLD, SECRET]]) {
      expect((await verifyWebhook({ body: BODY, headers }, secret, { now })).id).toBe('evt_1')
    }
  })

  it('takes the body as bytes, and headers however a framework has them', async () => {
    const { headers } = official()
    const body = new TextEncoder().encode(BODY)
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    )
    for (const each of [headers, upper, new Headers(headers)]) {
      expect((await verifyWebhook({ body, headers: each }, SECRET, { now })).type).toBe(
        'upload.ready',
      )
    }
  })

  it.each<[string, () => Parameters<typeof verifyWebhook>]>([
    ['another secret', () => [official(OLD), SECRET, { now }]],
    ['another body', () => [{ ...official(), body: `${BODY} ` }, SECRET, { now }]],
    ['another id', () => [withHeader('webhook-id', 'evt_2'), SECRET, { now }]],
    [
      'another moment',
      () => [withHeader('webhook-timestamp', `${now / 1000 + 1}`), SECRET, { now }],
    ],
    ['no signature', () => [withHeader('webhook-signature', undefined), SECRET, { now }]],
    ['an empty one', () => [withHeader('webhook-signature', 'v1,'), SECRET, { now }]],
    ['one that is not base64', () => [withHeader('webhook-signature', 'v1,%%%'), SECRET, { now }]],
    [
      'one of another version',
      () => [withHeader('webhook-signature', signature('v1a')), SECRET, { now }],
    ],
    ['a moment that is no number', () => [withHeader('webhook-timestamp', 'now'), SECRET, { now }]],
    ['more than five minutes', () => [official(), SECRET, { now: now + 301_000 }]],
    ['five minutes ahead', () => [official(), SECRET, { now: now - 301_000 }]],
    ['no secret at all', () => [official(), [], { now }]],
  ])('refuses %s', async (_what, asked) => {
    await expect(verifyWebhook(...asked())).rejects.toBeInstanceOf(InvalidWebhook)
  })

  it.each([0, 1, 63, 64, 65, 1_000, 20_000])(
    'agrees with the official library about a body of %i bytes',
    async (length) => {
      const body = JSON.stringify('x'.repeat(length))
      const request = official(SECRET, body)
      expect(new Webhook(SECRET).verify(request.body, fresh(body))).toBe('x'.repeat(length))
      await expect(verifyWebhook(request, SECRET, { now })).resolves.toMatchObject({
        id: 'evt_upl_1_4',
      })
    },
  )

  it('says so when the secret is none of Berth', async () => {
    await expect(verifyWebhook(official(), 'whsec_%%', { now })).rejects.toThrow(
      'the secret is not',
    )
  })
})

const signature = (version: string): string =>
  official().headers['webhook-signature'].replace('v1', version)

function withHeader(name: string, value: string | undefined) {
  const { body, headers } = official()
  return { body, headers: { ...headers, [name]: value } }
}

/** As the library wants them: it knows no other time than now. */
const fresh = (body: string): Record<string, string> => {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000)
  return official(SECRET, body, at).headers
}
