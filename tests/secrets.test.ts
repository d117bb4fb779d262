import { describe, expect, it } from '@jest/globals'
import { secretsIn } from './support/secrets-in.mjs'

const line = (text: string): string => JSON.stringify({ level: 'warn', msg: 'x', cause: text })

describe('the check of log lines and error bodies', () => {
  it.each([
    ['a signature', `https://s3/b/k?X-Amz-Expires=9&X-Amz-Signature=${'0a'.repeat(32)}`],
    ['a webhook secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['an API key', `berth_${'0'.repeat(16)}_${'A'.repeat(43)}`],
    ['a token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJlLWhlcmU'],
    ['a credential', 'Authorization: Bearer abcdefghijklmnop'],
    ['a credential', 'basic dXNlcjpwYXNzd29yZA=='],
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a secret of the tests', 'the secret is keeper-secret'],
  ])('finds %s', (what, planted) => {
    expect(secretsIn(line(planted), ['keeper-secret'])).toContain(what)
  })

  it.each([
    'Authorization: Bearer <API key or upload token>',
    'X-Amz-Signature= is not said',
    'upl_019a8f3c7b2e7c14a5d09be1f2c3d4e5 of berth',
    'Bearer realm="berth"',
  ])('passes over %s', (said) => {
    expect(secretsIn(line(said), ['keeper-secret'])).toEqual([])
  })
})
