/** The calls that read: HEAD, GET, tags, list. */

import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { findObject, hasBucket, listKeys, openBlob, type Disk, type Stored } from './disk.ts'
import { S3Error, type Call, type CallDeps } from './types.ts'
import { escapeXml, sendXml } from './xml.ts'

const LARGEST_PAGE = 1000

export function assertBucket(disk: Disk, bucket: string, res: ServerResponse): ServerResponse {
  if (!hasBucket(disk, bucket)) throw new S3Error(404, 'NoSuchBucket', 'The bucket does not exist.')
  return res
}

export function requireObject(disk: Disk, bucket: string, key: string): Stored {
  const stored = hasBucket(disk, bucket) ? findObject(disk, bucket, key) : null
  if (!stored) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  if (stored.isUnreadable) {
    throw new S3Error(
      400,
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption; its parameters are missing.',
    )
  }
  return stored
}

function headersFor({ req, url }: Call, stored: Stored): Record<string, string> {
  const wantsChecksum = req.headers['x-amz-checksum-mode'] === 'ENABLED'
  const override = (header: string): Record<string, string> => {
    const value = url.searchParams.get(`response-${header}`)
    return value === null ? {} : { [header]: value }
  }
  return {
    'content-length': String(stored.size),
    'content-type': stored.contentType,
    etag: stored.etag,
    'last-modified': new Date(stored.lastModified).toUTCString(),
    ...stored.extra,
    ...(wantsChecksum &&
      stored.checksumSha256 !== null && { 'x-amz-checksum-sha256': stored.checksumSha256 }),
    ...override('content-type'),
    ...override('content-disposition'),
  }
}

export function headObject({ disk }: CallDeps, call: Call): void {
  const stored = requireObject(disk, call.bucket, call.key)
  call.res.writeHead(200, headersFor(call, stored)).end()
}

export async function getObject({ disk }: CallDeps, call: Call): Promise<void> {
  const stored = requireObject(disk, call.bucket, call.key)
  const body = openBlob(disk, stored)
  call.res.writeHead(200, headersFor(call, stored))
  await pipeline(body, call.res)
}

export function getTagging({ disk }: CallDeps, { res, bucket, key }: Call): void {
  const { tagging } = requireObject(disk, bucket, key)
  const tags = [...new URLSearchParams(tagging ?? '')].map(
    ([name, value]) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
  )
  sendXml(res, 200, `<Tagging><TagSet>${tags.join('')}</TagSet></Tagging>`)
}

export function listObjects({ disk }: CallDeps, { res, url, bucket }: Call): void {
  assertBucket(disk, bucket, res)
  const query = url.searchParams
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const size = Math.min(LARGEST_PAGE, Number(query.get('max-keys') ?? LARGEST_PAGE))
  const keys = listKeys(disk, bucket, query.get('prefix') ?? '').filter((key) => key > after)
  const page = keys.slice(0, size)
  const more = keys.length > size
  const entries = page.flatMap((key) => {
    const stored = findObject(disk, bucket, key)
    return stored
      ? `<Contents><Key>${escapeXml(key)}</Key><Size>${stored.size}</Size><LastModified>${stored.lastModified}</LastModified><ETag>${escapeXml(stored.etag)}</ETag></Contents>`
      : []
  })
  const next = more
    ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
    : ''
  sendXml(
    res,
    200,
    `<ListBucketResult><IsTruncated>${String(more)}</IsTruncated><KeyCount>${entries.length}</KeyCount>${next}${entries.join('')}</ListBucketResult>`,
  )
}
