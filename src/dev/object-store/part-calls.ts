/** The calls of an upload in parts, as strict as the stores that Berth is made for. */

import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import {
  assembliesIn,
  beginOnDisk,
  keepPart,
  partsOf,
  removeAssembly,
  requireAssembly,
  type NumberedPart,
} from './assemblies.ts'
import { assertAbsent, contentTypeOf, extraOf, requireSource } from './conditions.ts'
import { blobPath, dropBlob, publish, type Disk, type Stored } from './disk.ts'
import { assertBucket } from './read-calls.ts'
import { receive, type Received } from './receive.ts'
import { S3Error, type Call, type CallDeps } from './types.ts'
import { escapeXml, sendXml } from './xml.ts'

const LARGEST_PAGE = 1000
const SMALLEST_PART_BYTES = 5 * 1024 ** 2

const idOf = ({ url }: Call): string => url.searchParams.get('uploadId') ?? ''

function numberOf({ url }: Call): number {
  const number = Number(url.searchParams.get('partNumber'))
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number
  throw new S3Error(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000.')
}

export function createMultipartUpload({ disk, now }: CallDeps, call: Call): void {
  const { req, res, bucket, key } = call
  assertBucket(disk, bucket, res)
  const startedAt = now().toISOString()
  const assembly = { bucket, key, startedAt, contentType: contentTypeOf(req), extra: extraOf(req) }
  const id = beginOnDisk(disk, assembly)
  sendXml(
    res,
    200,
    `<InitiateMultipartUploadResult><Bucket>${escapeXml(bucket)}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  )
}

export async function uploadPart(deps: CallDeps, call: Call): Promise<void> {
  const number = numberOf(call)
  requireAssembly(deps.disk, idOf(call), call)
  const { etag } = keep(deps, call, number, await receive(deps.disk, call.req))
  call.res.writeHead(200, { etag }).end()
}

export async function uploadPartCopy(deps: CallDeps, call: Call): Promise<void> {
  const { disk } = deps
  const number = numberOf(call)
  requireAssembly(disk, idOf(call), call)
  const source = requireSource(disk, call.req)
  const body = createReadStream(blobPath(disk, source.blob), rangeOf(call.req, source))
  const { etag, lastModified } = keep(deps, call, number, await receive(disk, body))
  sendXml(
    call.res,
    200,
    `<CopyPartResult><ETag>${escapeXml(etag)}</ETag><LastModified>${lastModified}</LastModified></CopyPartResult>`,
  )
}

function rangeOf({ headers }: IncomingMessage, { size }: Stored): { start: number; end: number } {
  const range = headers['x-amz-copy-source-range']
  if (range === undefined) return { start: 0, end: size - 1 }
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(String(range)) ?? []
  if (start === undefined || Number(end) >= size || Number(start) > Number(end)) {
    throw new S3Error(400, 'InvalidArgument', 'The range is not one of the source.')
  }
  return { start: Number(start), end: Number(end) }
}

/** Looked at once more, now that the body is here: the upload may have ended meanwhile. */
function keep({ disk, now }: CallDeps, call: Call, number: number, received: Received) {
  const { blob, size, etag } = received
  try {
    requireAssembly(disk, idOf(call), call)
  } catch (error) {
    dropBlob(disk, blob)
    throw error
  }
  const part = { number, blob, size, etag, lastModified: now().toISOString() }
  keepPart(disk, idOf(call), part)
  return part
}

export function listParts({ disk }: CallDeps, call: Call): void {
  const query = call.url.searchParams
  requireAssembly(disk, idOf(call), call)
  const after = Number(query.get('part-number-marker') ?? 0)
  const left = partsOf(disk, idOf(call)).filter(({ number }) => number > after)
  const page = left.slice(0, Math.min(LARGEST_PAGE, Number(query.get('max-parts') ?? Infinity)))
  const entries = page.map(
    ({ number, size, etag, lastModified }) =>
      `<Part><PartNumber>${number}</PartNumber><LastModified>${lastModified}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${size}</Size></Part>`,
  )
  const isTruncated = String(left.length > page.length)
  sendXml(
    call.res,
    200,
    `<ListPartsResult><NextPartNumberMarker>${page.at(-1)?.number ?? 0}</NextPartNumberMarker><IsTruncated>${isTruncated}</IsTruncated>${entries.join('')}</ListPartsResult>`,
  )
}

export function listMultipartUploads({ disk }: CallDeps, { res, url, bucket }: Call): void {
  assertBucket(disk, bucket, res)
  const query = url.searchParams
  const [prefix, key] = [query.get('prefix') ?? '', query.get('key-marker') ?? '']
  const id = query.get('upload-id-marker') ?? ''
  const left = assembliesIn(disk, bucket).filter(
    (one) =>
      one.key.startsWith(prefix) &&
      (one.key > key || (id !== '' && one.key === key && one.id > id)),
  )
  const page = left.slice(0, LARGEST_PAGE)
  const last = page.at(-1)
  const entries = page.map(
    (one) =>
      `<Upload><Key>${escapeXml(one.key)}</Key><UploadId>${one.id}</UploadId><Initiated>${one.startedAt}</Initiated></Upload>`,
  )
  const next = last
    ? `<NextKeyMarker>${escapeXml(last.key)}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`
    : ''
  sendXml(
    res,
    200,
    `<ListMultipartUploadsResult><IsTruncated>${String(left.length > page.length)}</IsTruncated>${next}${entries.join('')}</ListMultipartUploadsResult>`,
  )
}

export function abortMultipartUpload({ disk }: CallDeps, call: Call): void {
  requireAssembly(disk, idOf(call), call)
  removeAssembly(disk, idOf(call))
  call.res.writeHead(204).end()
}

export async function completeMultipartUpload(deps: CallDeps, call: Call): Promise<void> {
  const { disk } = deps
  const { req, res, bucket, key } = call
  const named = namedParts(await text(req))
  requireAssembly(disk, idOf(call), call)
  assertAbsent(deps, req, bucket, key)
  const chosen = chooseParts(disk, call, named)
  const { blob, size } = await join(disk, chosen)
  try {
    const stored = settle(deps, call, { chosen, blob, size })
    deps.announce('s3:ObjectCreated:CompleteMultipartUpload', bucket, key, stored)
    sendXml(
      res,
      200,
      `<CompleteMultipartUploadResult><Bucket>${escapeXml(bucket)}</Bucket><Key>${escapeXml(key)}</Key><ETag>${escapeXml(stored.etag)}</ETag></CompleteMultipartUploadResult>`,
    )
  } catch (error) {
    dropBlob(disk, blob)
    throw error
  }
}

type Named = { number: number; etag: string }

const namedParts = (xml: string): Named[] =>
  [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/s.exec(part)?.[1] ?? '').replaceAll('&quot;', '"'),
  }))

/** The parts that were named, when they are still those. */
function chooseParts(disk: Disk, call: Call, named: Named[]): NumberedPart[] {
  if (named.length === 0) throw new S3Error(400, 'MalformedXML', 'There are no parts.')
  const held = new Map(partsOf(disk, idOf(call)).map((part) => [part.number, part]))
  const chosen = named.map(({ number, etag }, index) => {
    if (number <= (named[index - 1]?.number ?? 0)) {
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.')
    }
    const part = held.get(number)
    if (part && bare(part.etag) === bare(etag)) return part
    throw new S3Error(400, 'InvalidPart', 'One or more of the parts could not be found.')
  })
  if (chosen.slice(0, -1).some(({ size }) => size < SMALLEST_PART_BYTES)) {
    throw new S3Error(400, 'EntityTooSmall', 'A part but the last is smaller than 5 MiB.')
  }
  return chosen
}

const bare = (etag: string): string => etag.replaceAll('"', '')

async function join(disk: Disk, parts: NumberedPart[]): Promise<{ blob: string; size: number }> {
  const blob = randomUUID()
  const read = async function* (): AsyncGenerator<Buffer> {
    for (const part of parts) yield* createReadStream(blobPath(disk, part.blob))
  }
  try {
    await pipeline(Readable.from(read()), createWriteStream(blobPath(disk, blob)))
  } catch {
    // A part was replaced or ended under our hands.
    dropBlob(disk, blob)
    throw new S3Error(400, 'InvalidPart', 'One or more of the parts could not be found.')
  }
  return { blob, size: parts.reduce((sum, { size }) => sum + size, 0) }
}

type Joined = { chosen: NumberedPart[]; blob: string; size: number }

/** One step: what was checked before the bytes were joined is checked again, then it is an object. */
function settle(deps: CallDeps, call: Call, { chosen, blob, size }: Joined): Stored {
  const { disk, now } = deps
  const { req, bucket, key } = call
  const { contentType, extra } = requireAssembly(disk, idOf(call), call)
  assertAbsent(deps, req, bucket, key)
  chooseParts(disk, call, chosen)
  const stored = {
    blob,
    size,
    etag: etagOf(chosen),
    lastModified: now().toISOString(),
    contentType,
    checksumSha256: null,
    tagging: null,
    extra,
    isUnreadable: false,
  }
  publish(disk, bucket, { key, stored })
  removeAssembly(disk, idOf(call))
  return stored
}

function etagOf(parts: NumberedPart[]): string {
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(bare(etag), 'hex'))
  return `"${md5.digest('hex')}-${parts.length}"`
}
