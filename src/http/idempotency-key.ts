/** The Idempotency-Key header: a quoted string as in the IETF draft, or the bare token. */

import type { Request } from 'express'
import type { OnceKey } from '../broker/once.ts'
import { invalidIdempotencyKey } from '../problems.ts'

const HEADER = 'idempotency-key'
const LONGEST = 255
/** RFC 8941: printable ASCII, with quotes and backslashes escaped. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
// Without commas, which is how proxies join two headers.
const BARE = /^[\x21\x23-\x2b\x2d-\x7e]+$/

/**
 * @param route names the call, so that one key may be used for two different calls.
 * @returns null when there is no such header. Throws `invalid-idempotency-key`.
 */
export function idempotencyKey(req: Request, route: string): OnceKey | null {
  const given = req.headersDistinct[HEADER]
  if (given === undefined) return null
  if (given.length > 1) throw invalidIdempotencyKey(`there are ${given.length} of them`)
  return { route, key: keyIn(given[0]?.trim() ?? ''), body: req.body }
}

function keyIn(text: string): string {
  const key = QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? (BARE.test(text) ? text : null)
  if (key === null) throw invalidIdempotencyKey('it is neither a quoted string nor a token')
  if (key === '') throw invalidIdempotencyKey('it is empty')
  if (key.length > LONGEST) throw invalidIdempotencyKey(`it has ${key.length} characters`)
  return key
}
