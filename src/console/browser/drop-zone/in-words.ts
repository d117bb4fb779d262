/** What went wrong, as somebody who has dropped a file wants to hear it. */

import { UploadError } from '../../../client/index.ts'
import { Refused, type Problem } from '../shared/call.ts'
import type { Upload } from '../shared/records.ts'
import { sizeInWords } from '../shared/words.ts'

/** Whether the same file may be tried again. */
export type Said = { words: string; mayTryAgain: boolean }

/** The SDK's own messages are written for whoever uploads; limits are said better with the file at hand. */
export function failureInWords(error: unknown, file: File): Said {
  if (error instanceof UploadError && error.problem) return refusal(error.problem, file)
  if (error instanceof Refused) return refusal(error.problem, file)
  return { words: error instanceof Error ? error.message : String(error), mayTryAgain: true }
}

function refusal({ type, title, detail, expected, status }: Problem, file: File): Said {
  const slug = type.split('/').at(-1) ?? ''
  const limit = sizeInWords(Number(/\d+/.exec(expected)?.[0] ?? 0))
  // A profile that takes everything still leaves out what a browser or a shell would run.
  const kinds = expected.includes('*/*')
    ? 'Web pages, scripts and programs are taken only where the profile names their type.'
    : `Taken: ${expected.replace(/^one of /, '').replace(/;.*/, '')}.`
  const own: Record<string, string> = {
    'size-over-limit': `This file is too large: ${sizeInWords(file.size)}, and at most ${limit} is taken.`,
    'size-under-limit': `This file is too small: ${sizeInWords(file.size)}, and at least ${limit} is asked for.`,
    'content-type-not-allowed': `Files of this kind (${file.type || 'unknown'}) are not taken here. ${kinds}`,
    'quota-exceeded':
      'Too much is being uploaded at the moment. Try again when some of it is done.',
    'rate-limited': 'Too many requests. Try again in a minute.',
    unauthenticated: 'The key of this page is not valid any more. Load the page again.',
  }
  const words = own[slug] ?? `${title}: ${detail}. Expected: ${expected}.`
  return { words, mayTryAgain: status >= 500 || /quota|rate/.test(slug) }
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
