/** What the answers of the API say, read with suspicion. */

import type { Call } from './run.ts'

/** The record of an upload, as far as an answer shows one. */
export type Shown = {
  id: string
  state: string
  version: number
  landBy: string
  slot: { url: string; expiresAt: string } | null
  object: { key: string | null; sha256: string; size: number } | null
  rejection: { reason: string } | null
}

/** Null: the call failed, or its answer is no record. */
export function shownBy({ outcome, answer }: Call): Shown | null {
  if (outcome !== 'ok' || typeof answer !== 'object' || answer === null) return null
  return 'id' in answer && 'state' in answer && 'version' in answer ? (answer as Shown) : null
}

export const textOf = ({ answer }: Call): string =>
  answer === null || answer === undefined ? '' : JSON.stringify(answer)

/** The key in a path-style URL: what follows the bucket. */
export const keyOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname).split('/').slice(2).join('/')

export const signedBy = (url: string): string =>
  (new URL(url).searchParams.get('X-Amz-Credential') ?? '').split('/')[0] ?? ''
