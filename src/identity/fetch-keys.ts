/** Where a key set comes from: an address, or a file. */

import { readFile } from 'node:fs/promises'
import type { JSONWebKeySet } from 'jose'
import type { FetchKeys } from './key-set.ts'

const TIMEOUT_MS = 5_000
const LARGEST_CHARACTERS = 256 * 1024

/** @param source https://…, or file: and a path. */
export const fetchKeysFrom =
  (source: string): FetchKeys =>
  async () => {
    const text = source.startsWith('file:')
      ? await readFile(source.slice('file:'.length), 'utf8')
      : await download(source)
    if (text.length > LARGEST_CHARACTERS) throw new Error('the key set is too large')
    return JSON.parse(text) as JSONWebKeySet
  }

async function download(url: string): Promise<string> {
  // Keys from another address than the configured one are nobody's.
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`the key set's address answered ${answer.status}`)
  return answer.text()
}
