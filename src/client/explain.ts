/** What an object store's refusal means, in words. Stores speak XML, and say little in it. */

import type { Slot } from './record.ts'

/**
 * `expired`: the slot's time was over. `used`: there is an object already. `changed`: the store got
 * something else than was signed. `clock`: two clocks differ too much. `checksum`: the bytes are not
 * those of the declared SHA-256. `host`: this is not the store that the slot was signed for. `gone`:
 * the parts were made whole, or ended. `busy`: the store cannot now. `other`: see `code`.
 */
export type StoreReason =
  'expired' | 'used' | 'changed' | 'clock' | 'checksum' | 'host' | 'gone' | 'busy' | 'other'

export type StoreRefusal = {
  reason: StoreReason
  /** What happened, and what to do about it. */
  words: string
  status: number
  /** S3's own name for it; empty where the answer is not S3's. */
  code: string
}

export const CLOCKS = 'The clocks of Berth and of the object store differ too much.'

type Answer = { status: number; text: string }

/** @param text the body of the answer. */
export function explain(
  { url, headers }: Pick<Slot, 'url' | 'headers'>,
  { status, text }: Answer,
): StoreRefusal {
  const { host } = new URL(url)
  const code = element(text, 'Code')
  const reason = reasonOf(status, code, element(text, 'Message'))
  const words: Record<StoreReason, string> = {
    expired: 'The upload slot has expired; ask for a fresh one.',
    used: 'There is an object already: a slot is good for one.',
    changed: `The store got something else than was signed: ${differences(text, host, headers)}.`,
    clock: CLOCKS,
    checksum: 'The file has another SHA-256 than was declared.',
    host: `${host} is not the object store that the slot is for.`,
    gone: 'The store does not know the parts.',
    busy: 'The object store cannot take the file now.',
    other: `The store refused the file: ${code}.`,
  }
  return { reason, words: words[reason], status, code }
}

const element = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1] ?? ''

const REASONS: [StoreReason, RegExp][] = [
  ['clock', /Skewed|not valid yet/],
  ['expired', /expired/i],
  ['used', /^412/],
  ['changed', /SignatureDoesNotMatch|not signed|EntityTooLarge|ContentLength|IncompleteBody/],
  ['checksum', /Checksum|Digest/],
  ['gone', /NoSuchUpload/],
  ['host', /AccessKeyId|NoSuchBucket|Redirect|region|expecting/i],
  ['busy', /^(408|409|429|5)|SlowDown|RequestTimeout/],
]

function reasonOf(status: number, code: string, message: string): StoreReason {
  const said = `${status} ${code} ${message}`
  const found = REASONS.find(([, pattern]) => pattern.test(said))
  // Whoever does not answer in S3's words is no object store: a proxy, a login page, a wrong port.
  return found?.[0] ?? (code ? 'other' : 'host')
}

/** AWS and others show the request as they saw it; what differs there needs no guessing. */
function differences(xml: string, host: string, headers: Record<string, string>): string {
  const seen = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(element(xml, 'CanonicalRequest'))?.[1]
  const found = Object.entries({ host, ...headers })
    .filter(([name, value]) => (seen(name) ?? value) !== value)
    .map(([name, value]) => `${name} ${seen(name) ?? ''} in place of ${value}`)
  return found.join(', ') || 'another content type, length or host (a proxy may have changed Host)'
}
