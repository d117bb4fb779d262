/** Who may post to /events/sns: SNS itself, for a configured topic, within the hour. */

import { createVerify, type X509Certificate } from 'node:crypto'
import { storageUnavailable, unauthenticated } from '../../problems.ts'
import { parseJson } from '../json.ts'
import { trustedCertificate, type Trust } from './certificate-chain.ts'
import { certificateUrl } from './certificate-url.ts'
import type { FetchCertificate } from './fetch-certificate.ts'
import { readSnsMessage, signedText, type SnsMessage } from './message.ts'

export type SnsGateDeps = {
  topicArns: readonly string[]
  /** SHA-1 signatures, which old topics still send. */
  acceptVersion1: boolean
  fetchCertificate: FetchCertificate
  trust: () => Trust
  now: () => Date
  /** SNS's ConfirmSubscription by the SDK. The SubscribeURL of a message is never fetched. */
  confirm: (topicArn: string, token: string) => Promise<void>
}

/** Resolves when the message is authentic; else throws `unauthenticated`, or 503 when nobody can tell now. */
export type SnsGate = (body: string) => Promise<void>

const FRESH_MS = 3_600_000
const MOST_CERTIFICATES = 8

export function createSnsGate(deps: SnsGateDeps): SnsGate {
  const certificates = createCertificates(deps)
  return async (body) => {
    const message = readSnsMessage(parseJson(body))
    // All that can be judged without the network comes first, so a forger cannot make us fetch.
    const url = message && isAcceptable(deps, message) ? urlOf(deps, message) : null
    if (!message || !url) throw forged()
    const certificate = await certificates(url)
    if (!certificate || !isSigned(message, certificate)) throw forged()
    if (message.Type === 'SubscriptionConfirmation') await confirmSubscription(deps, message)
  }
}

function isAcceptable(deps: SnsGateDeps, message: SnsMessage): boolean {
  const { SignatureVersion, TopicArn, Timestamp } = message
  const age = Math.abs(deps.now().getTime() - Date.parse(Timestamp))
  return (
    deps.topicArns.includes(TopicArn) &&
    (SignatureVersion === '2' || deps.acceptVersion1) &&
    age <= FRESH_MS
  )
}

/** By the configured ARN that equals the message's, so the region is never the message's own word. */
function urlOf({ topicArns }: SnsGateDeps, message: SnsMessage): URL | null {
  const topicArn = topicArns.find((configured) => configured === message.TopicArn)
  return topicArn === undefined ? null : certificateUrl(message.SigningCertURL, topicArn)
}

/** Judged anew at each use, as certificates expire; only the bytes are kept. */
function createCertificates({ fetchCertificate, trust, now }: SnsGateDeps) {
  const kept = new Map<string, Buffer>()
  const believed = lazily(trust)
  return async (url: URL): Promise<X509Certificate | null> => {
    try {
      const pem = kept.get(url.href) ?? (await fetchCertificate(url))
      const certificate = await trustedCertificate(pem, believed(), now())
      if (certificate) remember(kept, url.href, pem)
      return certificate
    } catch (error) {
      // SNS gives up on a 4xx, so what may pass must not look like a refusal.
      throw storageUnavailable(error)
    }
  }
}

function remember(kept: Map<string, Buffer>, href: string, pem: Buffer): void {
  kept.delete(href)
  kept.set(href, pem)
  const [oldest] = kept.keys()
  if (kept.size > MOST_CERTIFICATES && oldest !== undefined) kept.delete(oldest)
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => (made ??= { value: make() }).value
}

function isSigned(message: SnsMessage, certificate: X509Certificate): boolean {
  const algorithm = message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1'
  const verify = createVerify(algorithm).update(signedText(message), 'utf8')
  return verify.verify(certificate.publicKey, message.Signature, 'base64')
}

async function confirmSubscription(deps: SnsGateDeps, { TopicArn, Token }: SnsMessage) {
  if (Token === undefined) throw forged()
  try {
    await deps.confirm(TopicArn, Token)
  } catch (error) {
    throw storageUnavailable(error)
  }
}

const forged = () => unauthenticated('the message is not proven to come from a configured topic')
