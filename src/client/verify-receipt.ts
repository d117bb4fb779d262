/** A receipt, checked offline with nothing but Web Crypto: in a browser, in Node, at the edge. */

/** What was verified; see docs/receipts.md. */
export type Receipt = {
  iss: 'berth'
  /** When the receipt was made, in seconds since 1970. */
  iat: number
  uploadId: string
  bucket: string
  key: string
  versionId: string | null
  /** Bytes. */
  size: number
  /** Base64. */
  sha256: string
  contentType: string
  scan: 'clean' | 'off'
  /** RFC 3339. */
  verifiedAt: string
}

/** The answer of `/.well-known/jwks.json` (RFC 7517). */
export type KeySet = { keys: { kid?: string; kty?: string; crv?: string; x?: string }[] }

/**
 * @param receipt the compact JWS (RFC 7515) that `GET /v1/uploads/{id}/receipt` answered.
 * @returns what it states. Throws when it was not signed by a key of the set, was changed, or is
 * about another upload.
 */
export async function verifyReceipt(
  receipt: string,
  keys: KeySet,
  uploadId: string,
): Promise<Receipt> {
  const [header = '', payload = '', signature = '', ...rest] = receipt.split('.')
  const { alg, kid } = parse(header) as { alg?: string; kid?: string }
  // One algorithm, never the one that the token names: RFC 8725, section 3.1.
  if (rest.length > 0 || alg !== 'EdDSA') throw new Error('not a receipt: EdDSA in compact form')
  const key = await importKey(keys, kid)
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  if (!(await crypto.subtle.verify('Ed25519', key, bytes(signature), signed))) {
    throw new Error('the signature does not hold')
  }
  const statement = parse(payload) as Receipt
  if (statement.uploadId !== uploadId) throw new Error(`a receipt of ${statement.uploadId}`)
  return statement
}

// Named by what makes it, as browsers and Node declare its type in different places.
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

function importKey({ keys }: KeySet, kid: string | undefined): Promise<Key> {
  const found = keys.find((key) => key.kid === kid && key.kty === 'OKP' && key.crv === 'Ed25519')
  if (!found?.x) throw new Error('the key of the receipt is not in the set')
  return crypto.subtle.importKey('raw', bytes(found.x), 'Ed25519', false, ['verify'])
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

const parse = (part: string): unknown => JSON.parse(new TextDecoder().decode(bytes(part)))
