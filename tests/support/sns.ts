/** SNS as a test plays it: signed messages, a certificate chain made for tests, and a gate that trusts it. */

import { createSign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSnsGate, type SnsGateDeps } from '../../src/events/sns/gate.ts'
import { signedText, type SnsMessage } from '../../src/events/sns/message.ts'

export const pem = (name: string): Buffer => readFileSync(`tests/fixtures/sns/${name}.pem`)
const KEY = readFileSync('tests/fixtures/sns/leaf.key')
const CHAIN = Buffer.concat([pem('leaf'), pem('intermediate')])
export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:uploads'
export const CERTIFICATE_URL =
  'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem'
// A moment at which all but the expired one of the certificates are valid.
export const NOW = new Date(new X509Certificate(pem('leaf')).validFrom).getTime() + 7 * 86_400_000

type Change = Partial<SnsMessage>

export function signed(change: Change = {}, tampered: Change = {}): string {
  const message: SnsMessage = {
    Type: 'Notification',
    MessageId: 'm-1',
    TopicArn: TOPIC,
    Message: '{"Records":[]}',
    Subject: 'Amazon S3 Notification',
    Timestamp: new Date(NOW).toISOString(),
    SignatureVersion: '2',
    Signature: '',
    SigningCertURL: CERTIFICATE_URL,
    ...change,
  }
  const algorithm = message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1'
  const Signature = createSign(algorithm).update(signedText(message)).sign(KEY, 'base64')
  return JSON.stringify({ ...message, Signature, ...tampered })
}

export function gateWith(change: Partial<SnsGateDeps> = {}, certificate = CHAIN) {
  const fetched: string[] = []
  const confirmed: string[] = []
  const gate = createSnsGate({
    topicArns: [TOPIC],
    acceptVersion1: false,
    fetchCertificate: (url) => {
      fetched.push(url.href)
      return Promise.resolve(certificate)
    },
    trust: () => ({
      roots: [new X509Certificate(pem('root'))],
      fetchIssuer: () => Promise.reject(new Error('no issuer should be asked for')),
    }),
    now: () => new Date(NOW),
    confirm: (arn, token) => {
      confirmed.push(`${arn} ${token}`)
      return Promise.resolve()
    },
    ...change,
  })
  return { gate, fetched, confirmed }
}
