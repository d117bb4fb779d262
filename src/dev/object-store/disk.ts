/** Objects on disk: immutable blobs, and one small file per key that names its blob. */

import { randomUUID } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  type ReadStream,
} from 'node:fs'
import { join } from 'node:path'

export type Stored = {
  blob: string
  size: number
  etag: string
  lastModified: string
  contentType: string
  /** Base64, when the uploader sent one and it held. */
  checksumSha256: string | null
  tagging: string | null
  /** cache-control, content-encoding and the like, as they were sent. */
  extra: Record<string, string>
  /** Under a key of the client's (SSE-C): without it nobody may read. */
  isUnreadable: boolean
}

export type Disk = { folder: string }

// Every change of a key is one synchronous step, so that conditions and changes cannot interleave.

export function openDisk(folder: string): Disk {
  mkdirSync(join(folder, 'blobs'), { recursive: true })
  return { folder }
}

const bucketPath = ({ folder }: Disk, bucket: string): string =>
  join(folder, 'buckets', encodeURIComponent(bucket))

const keyPath = (disk: Disk, bucket: string, key: string): string =>
  join(bucketPath(disk, bucket), encodeURIComponent(key))

export const blobPath = ({ folder }: Disk, blob: string): string => join(folder, 'blobs', blob)

export const createBucketFolder = (disk: Disk, bucket: string): void =>
  void mkdirSync(bucketPath(disk, bucket), { recursive: true })

export const hasBucket = (disk: Disk, bucket: string): boolean =>
  existsSync(bucketPath(disk, bucket))

export function findObject(disk: Disk, bucket: string, key: string): Stored | null {
  const path = keyPath(disk, bucket, key)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Stored) : null
}

export const dropBlob = (disk: Disk, blob: string): void =>
  rmSync(blobPath(disk, blob), { force: true })

/** The key names these bytes from one moment to the next; what it named before goes. */
export function publish(
  disk: Disk,
  bucket: string,
  { key, stored }: { key: string; stored: Stored },
) {
  const before = findObject(disk, bucket, key)
  const draft = join(disk.folder, `draft-${randomUUID()}`)
  writeFileSync(draft, JSON.stringify(stored))
  renameSync(draft, keyPath(disk, bucket, key))
  if (before) dropBlob(disk, before.blob)
}

/** A second name for the same bytes; blobs never change. */
export function duplicateBlob(disk: Disk, blob: string): string {
  const copy = randomUUID()
  linkSync(blobPath(disk, blob), blobPath(disk, copy))
  return copy
}

/** Opened at once, so that the bytes stay readable when the key changes meanwhile. */
export const openBlob = (disk: Disk, { blob }: Stored): ReadStream =>
  createReadStream('', { fd: openSync(blobPath(disk, blob), 'r') })

export function removeObject(disk: Disk, bucket: string, key: string): void {
  const before = findObject(disk, bucket, key)
  if (!before) return
  rmSync(keyPath(disk, bucket, key))
  dropBlob(disk, before.blob)
}

export const listKeys = (disk: Disk, bucket: string, prefix: string): string[] =>
  readdirSync(bucketPath(disk, bucket))
    .map(decodeURIComponent)
    .filter((key) => key.startsWith(prefix))
    .sort()
