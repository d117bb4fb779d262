/** What a verification needs besides the store and the bucket. */

import type { Readable } from 'node:stream'
import type { Inspected } from '../upload/verdict.ts'
import type { Deps } from './deps.ts'

/** One pass over the bytes; throws `storage-unavailable` when the stream breaks. */
type Inspect = (body: Readable, contentLength: number, signal: AbortSignal) => Promise<Inspected>

export type VerifyDeps = Deps & { inspect: Inspect }
