/** Multipart uploads that are not finished: found by their key, and ended. */

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Location } from './config.ts'
import { isAssemblyGone, toUnavailable } from './errors.ts'
import { inTime } from './in-time.ts'

export type BegunAssembly = { key: string; assembly: string; startedAt: Date }

/**
 * All pages, below a prefix. MinIO lists nothing but what is under one exact key; it ends by itself
 * what is older than a day.
 */
export async function* listAssemblies(
  keeper: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<BegunAssembly> {
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {}
  for (;;) {
    const list = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...markers })
    const page = await inTime((bounds) => keeper.send(list, bounds)).catch((error: unknown) => {
      throw toUnavailable(error)
    })
    const uploads = page.Uploads ?? []
    for (const { Key = '', UploadId = '', Initiated = new Date() } of uploads) {
      yield { key: Key, assembly: UploadId, startedAt: Initiated }
    }
    const { NextKeyMarker, NextUploadIdMarker } = page
    if (page.IsTruncated !== true || !NextKeyMarker || uploads.length === 0) return
    markers = {
      KeyMarker: NextKeyMarker,
      ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }),
    }
  }
}

/** Ends every unfinished multipart upload under this very key, whoever knows of it. */
export async function abortAssemblies(keeper: S3Client, location: Location): Promise<void> {
  const { bucket, key } = location
  // Read to the end first: a page's marker need not outlive what it names.
  const begun: BegunAssembly[] = []
  for await (const one of listAssemblies(keeper, bucket, key)) if (one.key === key) begun.push(one)
  for (const { assembly } of begun) await abortAssembly(keeper, location, assembly)
}

/** One that is finished or ended already is as good. */
export async function abortAssembly(
  keeper: S3Client,
  { bucket, key }: Location,
  assembly: string,
): Promise<void> {
  const abort = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: assembly })
  await inTime((bounds) => keeper.send(abort, bounds)).catch((error: unknown) => {
    if (!isAssemblyGone(error)) throw toUnavailable(error)
  })
}
