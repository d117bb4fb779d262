/** The S3 calls that Berth and its clients make, and no more. */

import type { IncomingMessage } from 'node:http'
import { assertAbsent, contentTypeOf, extraOf, requireSource } from './conditions.ts'
import {
  createBucketFolder,
  dropBlob,
  duplicateBlob,
  publish,
  removeObject,
  type Stored,
} from './disk.ts'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './part-calls.ts'
import { assertBucket, getObject, getTagging, headObject, listObjects } from './read-calls.ts'
import { receive, type Received } from './receive.ts'
import { S3Error, type Action, type Call, type CallDeps } from './types.ts'
import { escapeXml, sendXml } from './xml.ts'

type Perform = (deps: CallDeps, call: Call) => Promise<void> | void

/** The name that S3 gives to a request, or null for one that this store does not answer. */
export function operationOf({ method = '', headers }: IncomingMessage, url: URL, key: string) {
  const query = url.searchParams
  if (key === '') return bucketOperation(method, query)
  const isCopy = headers['x-amz-copy-source'] !== undefined
  if (query.has('uploadId') || query.has('uploads')) return partOperation(method, query, isCopy)
  if (method === 'GET') return query.has('tagging') ? 'GetObjectTagging' : 'GetObject'
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject'
  if (method === 'HEAD') return 'HeadObject'
  return method === 'DELETE' ? 'DeleteObject' : null
}

function bucketOperation(method: string, query: URLSearchParams) {
  if (method === 'HEAD') return 'HeadBucket'
  if (method === 'PUT') return 'CreateBucket'
  if (method !== 'GET') return null
  if (query.has('uploads')) return 'ListMultipartUploads'
  return query.get('list-type') === '2' ? 'ListObjectsV2' : null
}

function partOperation(method: string, query: URLSearchParams, isCopy: boolean) {
  if (method === 'POST')
    return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (!query.has('uploadId')) return null
  if (method === 'PUT') return isCopy ? 'UploadPartCopy' : 'UploadPart'
  if (method === 'GET') return 'ListParts'
  return method === 'DELETE' ? 'AbortMultipartUpload' : null
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
  CreateMultipartUpload: ['put', createMultipartUpload],
  UploadPart: ['put', uploadPart],
  UploadPartCopy: ['put', uploadPartCopy],
  CompleteMultipartUpload: ['put', completeMultipartUpload],
  AbortMultipartUpload: ['delete', abortMultipartUpload],
  ListParts: ['list', listParts],
  ListMultipartUploads: ['list', listMultipartUploads],
  DeleteObject: [
    'delete',
    ({ disk }, { res, bucket, key }) => {
      removeObject(disk, bucket, key)
      res.writeHead(204).end()
    },
  ],
}

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
    contentType: contentTypeOf(req),
    checksumSha256: declared === undefined ? null : received.sha256,
    tagging: (req.headers['x-amz-tagging'] as string | undefined) ?? null,
    extra: extraOf(req),
    isUnreadable: req.headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined,
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
  const source = requireSource(disk, req)
  assertBucket(disk, bucket, res)
  const replaces = (what: string): boolean => req.headers[`x-amz-${what}-directive`] === 'REPLACE'
  const stored: Stored = {
    ...source,
    blob: duplicateBlob(disk, source.blob),
    lastModified: now().toISOString(),
    ...(replaces('metadata') && {
      contentType: contentTypeOf(req),
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
