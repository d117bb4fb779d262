/**
 * An unsigned trailer lets some stores (MinIO) pass over the signature, so that who knows an access key id
 * writes whatever that id may write. The ids in URLs are known to everybody who ever had one.
 */

import { crc32 } from 'node:zlib'
import { answerInWords, sendRaw } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import { sealedAt, stagingAt, type Patient } from './patient.ts'
import { forgedAddress } from './unsigned.ts'
import type { Location } from '../config.ts'

const CONTENT = 'forge'

/** Its checksum is right, or it would be refused for that alone. */
function forgedBody(): Buffer {
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(CONTENT))
  const trailer = `x-amz-checksum-crc32:${checksum.toString('base64')}`
  return Buffer.from(`${CONTENT.length}\r\n${CONTENT}\r\n0\r\n${trailer}\r\n\r\n`)
}

export async function examineForgery(patient: Patient): Promise<Finding> {
  const ids = idsInUrls(patient)
  const toSealed = await forgeAll(patient, ids, sealedAt(patient, 'forged'))
  const toStaging = await forgeAll(patient, ids, stagingAt(patient, 'forged'))
  const row = {
    check: 'forgery',
    tried:
      'a PUT with the access key id of a URL, a false signature and an unsigned trailer, to objects/ and to staging/',
    found: `${toSealed.words} and ${toStaging.words}`,
  }
  if (toSealed.landed) {
    return {
      ...row,
      outcome: 'broken',
      means: 'Whoever has ever seen a URL can write to objects/, and so replace what was verified.',
      mend: `Give signer and reader their own credentials and the policies of infra/bucket, which may not write there. ${PROXY}`,
    }
  }
  if (toStaging.landed) {
    const means =
      'Whoever has seen a slot URL can put bytes of any size and type to staging/; Berth rejects them at verification.'
    return { ...row, outcome: 'weaker', means, mend: PROXY }
  }
  return { ...row, outcome: 'holds', means: 'Nobody writes without a signature.', mend: null }
}

const PROXY =
  'Put a proxy before the store that refuses x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER (infra/nginx), and update the store.'

/** Those of the keeper count when it stands in for the others. */
function idsInUrls({ config }: Patient): string[] {
  const { signer, reader, keeper } = config
  const ids = [signer ?? keeper, reader ?? keeper].flatMap((one) => (one ? [one.accessKeyId] : []))
  return [...new Set(ids)]
}

async function forgeAll(patient: Patient, ids: string[], location: Location) {
  const words: string[] = []
  for (const id of ids) words.push(await forge(patient, await forgedAddress(patient, location, id)))
  return {
    words: words.join(', ') || 'no id is known',
    landed: (await patient.gate.head(location)) !== null,
  }
}

async function forge({ deadline }: Patient, url: string): Promise<string> {
  const body = forgedBody()
  const headers = {
    'content-length': String(body.length),
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': String(CONTENT.length),
    'x-amz-trailer': 'x-amz-checksum-crc32',
  }
  return answerInWords(await sendRaw({ method: 'PUT', url, headers, body, deadline: deadline() }))
}
