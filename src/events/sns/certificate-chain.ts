/** Is this certificate SNS's own, valid now, and signed by a public authority? */

import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { FetchCertificate } from './fetch-certificate.ts'

const SUBJECT = 'sns.amazonaws.com'
const LONGEST_CHAIN = 5
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/g
// Amazon's own authority publishes its intermediates here; certificates vouch for themselves.
const ISSUERS_HOST = /^crt\.[a-z0-9]+\.amazontrust\.com$/

export type Trust = {
  /** The authorities that are believed. */
  roots: readonly X509Certificate[]
  /** For intermediates that the file leaves out. */
  fetchIssuer: FetchCertificate
}

/** The authorities that Node itself believes. */
export const publicRoots = (): X509Certificate[] =>
  rootCertificates.map((pem) => new X509Certificate(pem))

/** The certificate, or null when it may not be trusted. Rejects when an issuer cannot be fetched now. */
export async function trustedCertificate(
  pem: Buffer,
  trust: Trust,
  now: Date,
): Promise<X509Certificate | null> {
  const [leaf, ...others] = readAll(pem.toString('latin1').match(PEM) ?? [])
  if (!leaf || !isValid(leaf, now) || leaf.checkHost(SUBJECT) === undefined) return null
  let last = leaf
  for (let length = 1; length < LONGEST_CHAIN; length += 1) {
    if (trust.roots.some((root) => isIssuedBy(last, root, now))) return leaf
    const issuer =
      others.find((one) => isIssuedBy(last, one, now)) ?? (await fetched(last, trust, now))
    if (!issuer) return null
    last = issuer
  }
  return null
}

function readAll(blocks: readonly (string | Buffer)[]): X509Certificate[] {
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    return []
  }
}

const isIssuedBy = (child: X509Certificate, issuer: X509Certificate, now: Date): boolean =>
  issuer.ca && child.checkIssued(issuer) && isValid(issuer, now) && child.verify(issuer.publicKey)

const isValid = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  new Date(validFrom) <= now && now <= new Date(validTo)

async function fetched(child: X509Certificate, { fetchIssuer }: Trust, now: Date) {
  const [, address = ''] = /CA Issuers - URI:(\S+)/.exec(child.infoAccess ?? '') ?? []
  if (!URL.canParse(address) || !ISSUERS_HOST.test(new URL(address).host)) return null
  const [issuer] = readAll([await fetchIssuer(new URL(address))])
  return issuer && isIssuedBy(child, issuer, now) ? issuer : null
}
