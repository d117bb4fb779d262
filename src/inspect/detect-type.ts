/** The type of an object, told from its first bytes alone. */

import { fileTypeFromBuffer } from 'file-type'
import { markupType } from './markup.ts'

/**
 * @param head the first bytes, 4 KiB at most
 * @param whole true when `head` is the whole object
 * @returns a content type, or null when nobody can tell
 */
export async function detectType(head: Buffer, whole: boolean): Promise<string | null> {
  const markup = markupType(head)
  if (markup) return markup
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  if (found) return found.mime
  return isText(head, whole) ? 'text/plain' : null
}

function isText(head: Buffer, whole: boolean): boolean {
  if (head.length === 0 || head.includes(0)) return false
  try {
    // A character may be cut in two where the head ends: `stream` tolerates just that.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !whole })
    return true
  } catch {
    return false
  }
}
