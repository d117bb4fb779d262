/** What went wrong, as somebody who has dropped a file wants to hear it. */

import { Refused } from '../shared/call.ts'
import type { Upload } from '../shared/records.ts'
import { sizeInWords } from '../shared/words.ts'

/** The store said no to the PUT, in XML. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
  readonly status: number
  readonly code: string

  constructor(status: number, answer: string) {
    const code = /<Code>([A-Za-z]+)<\/Code>/.exec(answer)?.[1] ?? ''
    super(`the store answered ${status} ${code}`)
    this.status = status
    this.code = code
  }
}

/** No answer came: the network, or a store that does not allow this page (CORS). */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable'
}

/** Whether the same file may be tried again. */
export type Said = { words: string; mayTryAgain: boolean }

export function failureInWords(error: unknown, file: File): Said {
  if (error instanceof Refused) return refusal(error, file)
  if (error instanceof StoreRefused) return { words: storeRefusal(error), mayTryAgain: true }
  if (error instanceof StoreUnreachable) {
    const why = navigator.onLine ? 'The object store cannot be reached.' : 'You are offline.'
    return { words: why, mayTryAgain: true }
  }
  return { words: error instanceof Error ? `${error.message}.` : String(error), mayTryAgain: true }
}

function refusal(error: Refused, file: File): Said {
  const { title, detail, expected, status } = error.problem
  const limit = sizeInWords(Number(/\d+/.exec(expected)?.[0] ?? 0))
  // A profile that takes everything still leaves out what a browser or a shell would run.
  const kinds = expected.includes('*/*')
    ? 'Web pages, scripts and programs are taken only where the profile names their type.'
    : `Taken: ${expected}.`
  const own: Record<string, string> = {
    'size-over-limit': `This file is too large: ${sizeInWords(file.size)}, and at most ${limit} is taken.`,
    'size-under-limit': `This file is too small: ${sizeInWords(file.size)}, and at least ${limit} is asked for.`,
    'content-type-not-allowed': `Files of this kind (${file.type}) are not taken here. ${kinds}`,
    'quota-exceeded':
      'Too much is being uploaded at the moment. Try again when some of it is done.',
    'rate-limited': 'Too many requests. Try again in a minute.',
    unauthenticated: 'The key of this page is not valid any more. Start Berth again.',
  }
  const words = own[error.slug] ?? `${title}: ${detail}. Expected: ${expected}.`
  return { words, mayTryAgain: status >= 500 || error.slug.match(/quota|rate/) !== null }
}

function storeRefusal({ status, code }: StoreRefused): string {
  const own: Record<string, string> = {
    AccessDenied: 'The slot has expired. Try again: a fresh one is asked for.',
    RequestTimeTooSkewed: 'The clock of this computer is wrong, so the store refuses the slot.',
    SignatureDoesNotMatch:
      'The file has changed since it was chosen, or a proxy changed the request.',
    EntityTooLarge: 'The store takes no file of this size.',
    BadDigest: 'The bytes were damaged on the way.',
    SlowDown: 'The store is busy. Try again in a moment.',
  }
  return own[code] ?? `The object store refused the file (${status} ${code}).`
}

const REASONS: Record<string, string> = {
  'size-mismatch': 'Rejected: more or fewer bytes arrived than were announced.',
  'sha256-mismatch': 'Rejected: the bytes that arrived are not the ones that were announced.',
  'content-type-mismatch': 'Rejected: the bytes are of another type than the file says.',
  'content-type-not-allowed': 'Rejected: the bytes are of a type that is not taken here.',
  infected: 'Rejected: the virus scanner found something.',
  unscannable: 'Rejected: the virus scanner cannot look into this file.',
  empty: 'Rejected: the file is empty.',
}

/** Null for an upload that is ready. */
export function endInWords({ state, rejection }: Upload): string | null {
  if (state === 'ready') return null
  if (rejection) {
    const words = REASONS[rejection.reason] ?? `Rejected: ${rejection.detail}.`
    return `${words} Expected ${rejection.expected}, found ${rejection.observed}.`
  }
  if (state === 'expired') return 'Nothing arrived in time, so the upload has expired.'
  if (state === 'failed') return 'Berth could not verify the file for a day and gave up.'
  return `The upload is ${state}.`
}
