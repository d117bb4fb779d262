/** What a request says besides its body: kept headers, conditions, and the source of a copy. */

import type { IncomingMessage } from 'node:http'
import { findObject, type Disk, type Stored } from './disk.ts'
import { requireObject } from './read-calls.ts'
import { S3Error, type CallDeps } from './types.ts'

/** Headers a client may set without a signature; kept, as real stores keep them. */
const EXTRA = ['cache-control', 'content-disposition', 'content-encoding', 'content-language']

export const extraOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    EXTRA.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  )

export const contentTypeOf = ({ headers }: IncomingMessage): string =>
  headers['content-type'] ?? 'binary/octet-stream'

export function assertAbsent(
  { disk, protections }: CallDeps,
  req: IncomingMessage,
  bucket: string,
  key: string,
) {
  if (!protections.singleUse || req.headers['if-none-match'] !== '*') return
  if (findObject(disk, bucket, key)) {
    throw new S3Error(412, 'PreconditionFailed', 'At least one of the preconditions did not hold.')
  }
}

export function requireSource(disk: Disk, { headers }: IncomingMessage): Stored {
  const [bucket = '', ...rest] = decodeURIComponent(String(headers['x-amz-copy-source']))
    .replace(/^\//, '')
    .split('/')
  const source = requireObject(disk, bucket, rest.join('/'))
  const condition = headers['x-amz-copy-source-if-match']
  if (condition !== undefined && condition !== source.etag) {
    throw new S3Error(412, 'PreconditionFailed', 'The source has another ETag.')
  }
  return source
}
