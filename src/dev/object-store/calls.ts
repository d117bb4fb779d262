/** The S3 calls that Berth and its clients make, and no more. */

import type { IncomingMessage } from 'node:http'
import {
  createBucketFolder,
  dropBlob,
  duplicateBlob,
  findObject,
  publish,
  removeObject,
  type Stored,
} from './disk.ts'
import {
  assertBucket,
  getObject,
  getTagging,
  headObject,
  listObjects,
  requireObject,
} from './read-calls.ts'
import { receive, type Received } from './receive.ts'
import { S3Error, type Action, type Call, type CallDeps } from './types.ts'
import { escapeXml, sendXml } from './xml.ts'

type Perform = (deps: CallDeps, call: Call) => Promise<void> | void

/** The name that S3 gives to a request, or null for one that this store does not answer. */
export function operationOf({ method, headers }: IncomingMessage, url: URL, key: string) {
  const isCopy = headers['x-amz-copy-source'] !== undefined
  if (key === '') {
    return method === 'HEAD'
      ? 'HeadBucket'
      : method === 'PUT'
        ? 'CreateBucket'
        : method === 'GET' && url.searchParams.get('list-type') === '2'
          ? 'ListObjectsV2'
          : null
  }
  if (method === 'GET') return url.searchParams.has('tagging') ? 'GetObjectTagging' : 'GetObject'
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject'
  if (method === 'HEAD') return 'HeadObject'
  return method === 'DELETE' ? 'DeleteObject' : null
}

export const CALLS: Record<NonNullable<ReturnType<typeof operationOf>>, [Action, Perform]> = {
  HeadBucket: ['list', ({ disk }, { res, bucket }) => void assertBucket(disk, bucket, res).end()],
  CreateBucket: [
    'list',
    ({ disk }, { res, bucket }) => {
      createBucketFolder(disk, bucket)
      res.end()
    },
  ],
  ListObjectsV2: ['list', listObjects],
  HeadObject: ['get', headObject],
  GetObject: ['get', getObject],
  GetObjectTagging: ['get', getTagging],
  PutObject: ['put', putObject],
  CopyObject: ['put', copyObject],
  DeleteObject: [
    'delete',
    ({ disk }, { res, bucket, key }) => {
      removeObject(disk, bucket, key)
      res.writeHead(204).end()
    },
  ],
}

/** Headers a client may set without a signature; kept, as real stores keep them. */
const EXTRA = ['cache-control', 'content-disposition', 'content-encoding', 'content-language']

const extraOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    EXTRA.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  )

async function putObject(deps: CallDeps, { req, res, bucket, key }: Call): Promise<void> {
  const { disk } = deps
  assertBucket(disk, bucket, res)
  assertAbsent(deps, req, bucket, key)
  const received = await receive(disk, req)
  try {
    assertChecksum(deps, req, received)
    // Once more, now that the body is here: of ten at a time, one wins.
    assertAbsent(deps, req, bucket, key)
  } catch (error) {
    dropBlob(disk, received.blob)
    throw error
  }
  const stored = toStored(deps, req, received)
  publish(disk, bucket, { key, stored })
  deps.announce('s3:ObjectCreated:Put', bucket, key, stored)
  res.writeHead(200, { etag: received.etag }).end()
}

function toStored({ now }: CallDeps, req: IncomingMessage, received: Received): Stored {
  const { blob, size, etag } = received
  const declared = req.headers['x-amz-checksum-sha256']
  return {
    blob,
    size,
    etag,
    lastModified: now().toISOString(),
    contentType: req.headers['content-type'] ?? 'binary/octet-stream',
    checksumSha256: declared === undefined ? null : received.sha256,
    tagging: (req.headers['x-amz-tagging'] as string | undefined) ?? null,
    extra: extraOf(req),
    isUnreadable: req.headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined,
  }
}

function assertAbsent(
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

function assertChecksum(
  { protections }: CallDeps,
  req: IncomingMessage,
  { sha256 }: Received,
): void {
  const declared = req.headers['x-amz-checksum-sha256']
  if (!protections.checksum || declared === undefined || declared === sha256) return
  throw new S3Error(
    400,
    'XAmzContentChecksumMismatch',
    'The provided x-amz-checksum does not match what was computed.',
  )
}

function copyObject(deps: CallDeps, { req, res, bucket, key }: Call): void {
  const { disk, now } = deps
  const [fromBucket = '', ...rest] = decodeURIComponent(String(req.headers['x-amz-copy-source']))
    .replace(/^\//, '')
    .split('/')
  const source = requireObject(disk, fromBucket, rest.join('/'))
  const condition = req.headers['x-amz-copy-source-if-match']
  if (condition !== undefined && condition !== source.etag) {
    throw new S3Error(412, 'PreconditionFailed', 'The source has another ETag.')
  }
  assertBucket(disk, bucket, res)
  const replaces = (what: string): boolean => req.headers[`x-amz-${what}-directive`] === 'REPLACE'
  const stored: Stored = {
    ...source,
    blob: duplicateBlob(disk, source.blob),
    lastModified: now().toISOString(),
    ...(replaces('metadata') && {
      contentType: req.headers['content-type'] ?? 'binary/octet-stream',
      extra: extraOf(req),
    }),
    ...(replaces('tagging') && { tagging: null }),
  }
  publish(disk, bucket, { key, stored })
  deps.announce('s3:ObjectCreated:Copy', bucket, key, stored)
  const { etag, lastModified } = stored
  sendXml(
    res,
    200,
    `<CopyObjectResult><ETag>${escapeXml(etag)}</ETag><LastModified>${lastModified}</LastModified></CopyObjectResult>`,
  )
}
