/** Receipts: a signed statement of what was verified, which a backend can check without asking. */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, exportJWK, type JWK } from 'jose'
import { illegalState, uploadDeleted } from '../problems.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

export type ReceiptKeys = {
  /** Ed25519. */
  signing: KeyObject
  /** Public keys of former signing keys, still published. */
  retired: readonly KeyObject[]
}

type ReceiptDeps = Pick<Deps, 'store' | 'now'> & { receiptKeys: ReceiptKeys }

/** A compact JWS (RFC 7515), EdDSA. @returns the token alone. */
export async function issueReceipt(
  deps: ReceiptDeps,
  tenant: string,
  uploadId: string,
): Promise<string> {
  const upload = await requireUpload(deps, tenant, uploadId)
  if (upload.state === 'deleted') throw uploadDeleted()
  if (upload.state !== 'ready' || !upload.object) throw illegalState(upload.state, 'a ready upload')
  const { verifiedAt, ...object } = upload.object
  const payload = {
    iss: 'berth',
    iat: Math.floor(deps.now().getTime() / 1000),
    uploadId,
    bucket: upload.bucket,
    key: upload.sealedKey,
    ...object,
    verifiedAt: verifiedAt.toISOString(),
  }
  const { signing } = deps.receiptKeys
  const { kid = '' } = await toJwk(createPublicKey(signing))
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .sign(signing)
}

/** The key set (RFC 7517) that receipts are checked against: the present key and the retired ones. */
export async function receiptKeySet({ signing, retired }: ReceiptKeys): Promise<{ keys: JWK[] }> {
  return { keys: await Promise.all([createPublicKey(signing), ...retired].map(toJwk)) }
}

async function toJwk(key: KeyObject): Promise<JWK> {
  const jwk = await exportJWK(key)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' }
}
