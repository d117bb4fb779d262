/** Uppy 5. Its S3 plugin has a hook for each step of an upload. */

import AwsS3 from '@uppy/aws-s3'
import { throughBerth } from '../berth.js'

/** @param options see `throughBerth` */
export function sendThroughBerth(uppy, options) {
  const berth = throughBerth(uppy, options)
  return uppy.use(AwsS3, {
    shouldUseMultipart: berth.isInParts,
    getChunkSize: ({ size }) => berth.partBytes(size),
    getUploadParameters: (file) => berth.slotOf(berth.idOf(file)),
    createMultipartUpload: (file) => ({ uploadId: berth.idOf(file), key: berth.idOf(file) }),
    signPart: (_file, { key, partNumber }) => berth.slotOfPart(key, partNumber),
    listParts: async (_file, { key }) =>
      (await berth.partsOf(key)).map(({ partNumber, size, etag }) => ({
        PartNumber: partNumber,
        Size: size,
        ETag: etag,
      })),
    completeMultipartUpload: async (_file, { key }) => {
      await berth.complete(key)
      return { location: berth.addressOf(key) }
    },
    abortMultipartUpload: (_file, { key }) => berth.cancel(key),
  })
}
