/** The keys of receipts: PEM in the configuration, or a file that holds it. */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

const PUBLIC_PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g

/** @param retired public keys in PEM, any number of them; null: none. */
export function loadReceiptKeys(signing: string, retired: string | null) {
  return {
    signing: assertEd25519('RECEIPT_PRIVATE_KEY', () => createPrivateKey(read(signing))),
    retired: (retired === null ? [] : publicKeys(retired)).map((pem) =>
      assertEd25519('RECEIPT_RETIRED_KEYS', () => createPublicKey(pem)),
    ),
  }
}

function publicKeys(retired: string): string[] {
  const found = unlessUnreadable('RECEIPT_RETIRED_KEYS', () => read(retired)).match(PUBLIC_PEM)
  if (!found) throw new ConfigError(['RECEIPT_RETIRED_KEYS: expected public keys in PEM'])
  return found
}

const read = (value: string): string =>
  value.startsWith('file:') ? readFileSync(value.slice('file:'.length), 'utf8') : value

function assertEd25519(name: string, load: () => KeyObject): KeyObject {
  const key = unlessUnreadable(name, load)
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new ConfigError([`${name}: expected an Ed25519 key`])
}

/** The reason is left out: it could quote the key. */
function unlessUnreadable<T>(name: string, load: () => T): T {
  try {
    return load()
  } catch {
    throw new ConfigError([`${name}: expected PEM, or file: and the path of a PEM file`])
  }
}
