/** The type of an object, told from its first bytes alone. */

import type { Detect } from './detector.ts'
import { markupType } from './markup.ts'

/** The first bytes, 4 KiB at most, and whether they are the whole object. */
export type Head = { bytes: Buffer; isWhole: boolean }

/** @returns a content type, or null when nobody can tell. */
export async function detectType({ bytes, isWhole }: Head, detect: Detect): Promise<string | null> {
  const markup = markupType(bytes)
  if (markup) return markup
  return (await detect(bytes)) ?? (isText(bytes, isWhole) ? 'text/plain' : null)
}

function isText(bytes: Buffer, isWhole: boolean): boolean {
  if (bytes.length === 0 || bytes.includes(0)) return false
  try {
    // A character may be cut in two where the head ends: `stream` tolerates just that.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
    return true
  } catch {
    return false
  }
}
