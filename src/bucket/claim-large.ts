/** The claim of an object too large for one copy: UploadPartCopy, with the condition on every part. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Location } from './config.ts'
import type { SealAs } from './seal-as.ts'

type Large = { source: string; to: Location; as: SealAs; partBytes: number }

type Assembly = { Bucket: string; Key: string; UploadId: string }

/** Throws the store's own error; a part whose source has changed fails like a plain copy (412). */
export async function copyInParts(keeper: S3Client, large: Large, signal: AbortSignal) {
  const { to, as } = large
  const place = { Bucket: to.bucket, Key: to.key }
  const create = new CreateMultipartUploadCommand({
    ...place,
    ContentType: as.contentType,
    ContentDisposition: 'attachment',
  })
  const { UploadId = '' } = await keeper.send(create, { abortSignal: signal })
  const assembly = { ...place, UploadId }
  try {
    const Parts = await copyParts(keeper, { ...large, assembly }, signal)
    const complete = { ...assembly, MultipartUpload: { Parts } }
    await keeper.send(new CompleteMultipartUploadCommand(complete), { abortSignal: signal })
  } catch (error) {
    // Best effort: what a crash leaves is found by its key when the claim is collected.
    await keeper.send(new AbortMultipartUploadCommand(assembly)).catch(() => undefined)
    throw error
  }
}

async function copyParts(
  keeper: S3Client,
  { source, as, partBytes, assembly }: Large & { assembly: Assembly },
  signal: AbortSignal,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = []
  for (let from = 0; from < as.size; from += partBytes) {
    const PartNumber = parts.length + 1
    const copy = new UploadPartCopyCommand({
      ...assembly,
      PartNumber,
      CopySource: source,
      CopySourceIfMatch: as.etag,
      CopySourceRange: `bytes=${from}-${Math.min(from + partBytes, as.size) - 1}`,
    })
    const { CopyPartResult } = await keeper.send(copy, { abortSignal: signal })
    parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
  }
  return parts
}
