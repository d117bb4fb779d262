/** Multipart uploads on disk: a folder each, with one small file per part that names its blob. */

import { randomBytes, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { dropBlob, type Disk } from './disk.ts'
import { S3Error } from './types.ts'

export type Assembly = {
  bucket: string
  key: string
  startedAt: string
  contentType: string
  extra: Record<string, string>
}

export type StoredPart = { blob: string; size: number; etag: string; lastModified: string }

export type NumberedPart = StoredPart & { number: number }

// As with keys, every change is one synchronous step.

const root = ({ folder }: Disk): string => join(folder, 'assemblies')

// Ids are only ever compared, and an id of somebody's own making must not leave the folder.
const pathOf = (disk: Disk, id: string): string => join(root(disk), encodeURIComponent(id))

const partPath = (disk: Disk, id: string, number: number): string =>
  join(pathOf(disk, id), `part-${number}`)

export function beginOnDisk(disk: Disk, assembly: Assembly): string {
  const id = randomBytes(24).toString('base64url')
  mkdirSync(pathOf(disk, id), { recursive: true })
  replace(disk, join(pathOf(disk, id), 'assembly'), assembly)
  return id
}

/** Throws the store's own word for one that is over, or of another key. */
export function requireAssembly(
  disk: Disk,
  id: string,
  { bucket, key }: Pick<Assembly, 'bucket' | 'key'>,
): Assembly {
  const path = join(pathOf(disk, id), 'assembly')
  const found = existsSync(path) ? (readJson(path) as Assembly) : null
  if (found?.bucket !== bucket || found.key !== key) {
    throw new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.')
  }
  return found
}

/** What the part was before goes. */
export function keepPart(disk: Disk, id: string, { number, ...part }: NumberedPart): void {
  const path = partPath(disk, id, number)
  const before = existsSync(path) ? (readJson(path) as StoredPart) : null
  replace(disk, path, part)
  if (before) dropBlob(disk, before.blob)
}

export const partsOf = (disk: Disk, id: string): NumberedPart[] =>
  readdirSync(pathOf(disk, id))
    .filter((name) => name.startsWith('part-'))
    .map((name) => ({
      number: Number(name.slice('part-'.length)),
      ...(readJson(join(pathOf(disk, id), name)) as StoredPart),
    }))
    .sort((a, b) => a.number - b.number)

export function removeAssembly(disk: Disk, id: string): void {
  for (const { blob } of partsOf(disk, id)) dropBlob(disk, blob)
  rmSync(pathOf(disk, id), { recursive: true })
}

export const assembliesIn = (disk: Disk, bucket: string): (Assembly & { id: string })[] =>
  (existsSync(root(disk)) ? readdirSync(root(disk)) : [])
    .map((name) => ({
      id: decodeURIComponent(name),
      ...(readJson(join(root(disk), name, 'assembly')) as Assembly),
    }))
    .filter((assembly) => assembly.bucket === bucket)
    .sort((a, b) => order(a.key, b.key) || order(a.id, b.id))

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

function replace({ folder }: Disk, path: string, value: unknown): void {
  const draft = join(folder, `draft-${randomUUID()}`)
  writeFileSync(draft, JSON.stringify(value))
  renameSync(draft, path)
}
