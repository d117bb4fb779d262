/** Secrets that have to be used again, encrypted at rest: the database alone signs nothing. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export type SecretBox = {
  /** @param owner whose it is: sealed for one, it cannot be opened for another. */
  seal: (owner: string, secret: string) => string
  /** Throws when it was sealed with another key or for another owner. */
  open: (owner: string, sealed: string) => string
}

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

export function createSecretBox(tokenSecret: string): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', tokenSecret, '', 'berth webhook secrets', 32))
  return {
    seal: (owner, secret) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(owner))
      const sealed = [iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(sealed).toString('base64')
    },
    open: (owner, sealed) => {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES))
      const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
      return Buffer.concat([text, decipher.final()]).toString()
    },
  }
}
