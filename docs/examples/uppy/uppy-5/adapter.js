/** Uppy 5. Its S3 plugin has a hook for each step of an upload. */

import AwsS3 from '@uppy/aws-s3'
import { throughBerth } from '../berth.js'

/** @param options see `throughBerth` */
export function sendThroughBerth(uppy, options) {
  // A file that is there already looks like one whose parts have all been sent: the plugin has no
  // other way to send nothing.
  const berth = throughBerth(uppy, options, (id) => ({ uploadId: id, key: id }))
  const chunkBytes = ({ size }) => berth.partBytes(size) ?? size
  const listParts = (file) =>
    berth.isThere(file) ? partsThere(file.size, chunkBytes(file)) : berth.partsOf(berth.idOf(file))
  return uppy.use(AwsS3, {
    shouldUseMultipart: (file) => berth.isThere(file) || berth.isInParts(file),
    getChunkSize: chunkBytes,
    getUploadParameters: (file) => berth.slotOf(berth.idOf(file)),
    createMultipartUpload: (file) => ({ uploadId: berth.idOf(file), key: berth.idOf(file) }),
    signPart: (_file, { key, partNumber }) => berth.slotOfPart(key, partNumber),
    listParts: async (file) =>
      (await listParts(file)).map(({ partNumber, size, etag }) => ({
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

const partsThere = (size, chunkBytes) =>
  Array.from({ length: Math.ceil(size / chunkBytes) || 1 }, (_, index) => ({
    partNumber: index + 1,
    size: chunkBytes,
    etag: 'there',
  }))
