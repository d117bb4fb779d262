import { describe, expect, it } from '@jest/globals'
import type { SnsMessage } from '../../src/events/sns/message.ts'
import { CERTIFICATE_URL, gateWith, NOW, pem, signed, TOPIC } from '../support/sns.ts'

const refusal = { fields: { status: 401 } }

describe('the SNS gate', () => {
  it('lets a message of a configured topic through, and fetches its certificate once', async () => {
    const { gate, fetched } = gateWith()
    await gate(signed())
    await gate(signed({ MessageId: 'm-2', Subject: undefined }))
    expect(fetched).toEqual([CERTIFICATE_URL])
  })

  it.each<[string, Partial<SnsMessage>]>([
    ['the event', { Message: '{"Records":[{}]}' }],
    ['the topic', { TopicArn: `${TOPIC}x` }],
    ['the subject', { Subject: 'other' }],
    ['the id', { MessageId: 'm-9' }],
    ['the signature', { Signature: 'AAAA' }],
  ])('G22 refuses a message in which %s was changed', async (_what, tampered) => {
    await expect(gateWith().gate(signed({}, tampered))).rejects.toMatchObject(refusal)
  })

  it('refuses a message of another topic, before anything is fetched', async () => {
    const { gate, fetched } = gateWith()
    const other = 'arn:aws:sns:eu-central-1:123456789012:other'
    await expect(gate(signed({ TopicArn: other }))).rejects.toMatchObject(refusal)
    expect(fetched).toEqual([])
  })

  it.each([
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    CERTIFICATE_URL.replace('.com/', '.com.evil.tld/'),
    CERTIFICATE_URL.replace('https://sns.', 'https://evil@sns.'),
    CERTIFICATE_URL.replace('https://sns.', 'https://evil:x@sns.'),
    CERTIFICATE_URL.replace('https://sns.', 'https://evil.sns.'),
    CERTIFICATE_URL.replace('sns.eu-central-1', 'sns.us-east-1'),
    CERTIFICATE_URL.replace('sns.eu-central-1.', 'sns.eu-central-1-'),
    CERTIFICATE_URL.replace('sns.eu-central-1.amazonaws.com', 's3.amazonaws.com/bucket'),
    CERTIFICATE_URL.replace('sns.eu-central-1.amazonaws.com', '127.0.0.1'),
    CERTIFICATE_URL.replace('sns.eu-central-1.amazonaws.com', '[::1]'),
    CERTIFICATE_URL.replace('amazonaws.com', 'amazonaws.com.'),
    CERTIFICATE_URL.replace('amazonaws.com', 'amazonaws.com:8443'),
    CERTIFICATE_URL.replace('amazonaws.com', 'amazonaws.com:443'),
    CERTIFICATE_URL.replace('sns.', 'SNS.'),
    CERTIFICATE_URL.replace('.amazonaws', '\u3002amazonaws'),
    CERTIFICATE_URL.replace('.pem', '.pem?x=.pem'),
    CERTIFICATE_URL.replace('.pem', '.pem#x'),
    CERTIFICATE_URL.replace('/Simple', '//Simple'),
    CERTIFICATE_URL.replace('/Simple', '/a/../Simple'),
    CERTIFICATE_URL.replace('.pem', '.txt'),
    CERTIFICATE_URL.replace('0123', 'ABCD'),
    CERTIFICATE_URL.replace('https:', 'ftp:'),
    'file:///etc/ssl/certs/ca.pem',
    'not a url',
    '',
  ])('G24 refuses a certificate at %s, and asks nobody for it', async (SigningCertURL) => {
    const { gate, fetched } = gateWith()
    await expect(gate(signed({ SigningCertURL }))).rejects.toMatchObject(refusal)
    expect(fetched).toEqual([])
  })

  it.each(['leaf-self-signed', 'leaf-stranger', 'leaf-expired', 'leaf-other-name', 'leaf'])(
    'G25 refuses the certificate %s without a chain to a trusted authority',
    async (name) => {
      const issuers = name === 'leaf' ? [] : [pem('intermediate')]
      const { gate } = gateWith({}, Buffer.concat([pem(name), ...issuers]))
      await expect(gate(signed())).rejects.toMatchObject(refusal)
    },
  )

  it('refuses a certificate that has expired since it was first used', async () => {
    let now = NOW
    const { gate } = gateWith({ now: () => new Date(now) })
    await gate(signed())
    now = new Date('2100-01-01').getTime()
    const late = signed({ Timestamp: new Date(now).toISOString() })
    await expect(gate(late)).rejects.toMatchObject(refusal)
  })

  it('refuses garbage where a certificate should be', async () => {
    const { gate } = gateWith(
      {},
      Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    )
    await expect(gate(signed())).rejects.toMatchObject(refusal)
  })

  it('takes signatures of version 1 only where that is configured', async () => {
    const old = signed({ SignatureVersion: '1' })
    await expect(gateWith().gate(old)).rejects.toMatchObject(refusal)
    await gateWith({ acceptVersion1: true }).gate(old)
  })

  it.each([-2, 2])('G27 refuses a message signed %d hours from now', async (hours) => {
    const Timestamp = new Date(NOW + hours * 3_600_000).toISOString()
    await expect(gateWith().gate(signed({ Timestamp }))).rejects.toMatchObject(refusal)
  })

  it('answers 503, not 401, while the certificate cannot be fetched, as SNS gives up on a 4xx', async () => {
    const away = gateWith({ fetchCertificate: () => Promise.reject(new Error('away')) })
    await expect(away.gate(signed())).rejects.toMatchObject({ fields: { status: 503 } })
  })

  it('G30 confirms a subscription by topic and token, and never by the address in the message', async () => {
    const { gate, fetched, confirmed } = gateWith()
    const confirmation = {
      Type: 'SubscriptionConfirmation' as const,
      Subject: undefined,
      Token: 'token-1',
      SubscribeURL: 'http://169.254.169.254/latest/meta-data',
    }
    await gate(signed(confirmation))
    expect(confirmed).toEqual([`${TOPIC} token-1`])
    expect(fetched).toEqual([CERTIFICATE_URL])
  })

  it('confirms nothing for a forged confirmation', async () => {
    const { gate, confirmed } = gateWith()
    const forged = signed({ Type: 'SubscriptionConfirmation', Token: 't' }, { Token: 'other' })
    await expect(gate(forged)).rejects.toMatchObject(refusal)
    expect(confirmed).toEqual([])
  })

  it.each(['', 'null', '[]', '{}', '{"Type":"Notification"}', 'not json'])(
    'refuses %j',
    async (body) => {
      await expect(gateWith().gate(body)).rejects.toMatchObject(refusal)
    },
  )
})
