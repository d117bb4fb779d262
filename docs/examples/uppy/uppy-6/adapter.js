/** Uppy 6. Its S3 plugin wants a signed address for each call that it makes to the store. */

import AwsS3 from '@uppy/aws-s3'
import { throughBerth } from '../berth.js'

/** @param options see `throughBerth` */
export function sendThroughBerth(uppy, options) {
  const berth = throughBerth(uppy, options)
  return uppy.use(AwsS3, {
    shouldUseMultipart: berth.isInParts,
    getChunkSize: ({ size }) => berth.partBytes(size),
    generateObjectKey: berth.idOf,
    signRequest: (request) => sign(berth, request),
  })
}

/**
 * Bytes go to the store. What else the plugin would ask of it, Berth does, by its own list of the
 * parts; the plugin reads the outcome from an address that holds its own answer.
 */
async function sign(berth, { method, key, uploadId, partNumber }) {
  if (partNumber) return addressIn(await berth.slotOfPart(key, partNumber))
  if (method === 'PUT') return addressIn(await berth.slotOf(key))
  if (method === 'GET') return answering('ListPartsResult', listed(await berth.partsOf(key)))
  if (method === 'DELETE') return answering('Ended', await berth.cancel(key).then(() => ''))
  if (!uploadId) return answering('InitiateMultipartUploadResult', element('UploadId', key))
  await berth.complete(key)
  const whole = element('Location', berth.addressOf(key)) + element('Key', key)
  return answering('CompleteMultipartUploadResult', whole)
}

const addressIn = ({ url, headers }) => ({ url, headers })

const listed = (parts) =>
  parts
    .map(({ partNumber, etag }) => element('PartNumber', partNumber) + element('ETag', etag))
    .map((part) => `<Part>${part}</Part>`)
    .join('')

const element = (name, text) => `<${name}>${String(text).replace(/["&<]/g, '')}</${name}>`

const answering = (name, content) => ({
  url: `data:application/xml,${encodeURIComponent(`<${name}>${content}</${name}>`)}`,
})
