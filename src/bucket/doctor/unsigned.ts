/** The public addresses of objects and bucket without a signature, and with a forged one. */

import { TERMS } from '../breaches.ts'
import type { Location } from '../config.ts'
import type { Patient } from './patient.ts'

export async function addressOf(patient: Patient, location: Location): Promise<string> {
  const url = await signedUrl(patient, location)
  url.search = ''
  return url.href
}

/** Of a list call. */
export async function folderAddress(patient: Patient): Promise<string> {
  const { bucket, folder, config } = patient
  const url = await signedUrl(patient, { bucket, key: folder })
  url.pathname = config.forcePathStyle ? url.pathname.slice(0, -folder.length) : '/'
  url.search = '?list-type=2&max-keys=1'
  return url.href
}

/** Everything that a slot URL tells, for another key and without a valid signature. */
export async function forgedAddress(patient: Patient, location: Location, accessKeyId: string) {
  const url = await signedUrl(patient, location)
  const [, ...scope] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/')
  url.searchParams.set('X-Amz-Credential', [accessKeyId, ...scope].join('/'))
  url.searchParams.set('X-Amz-SignedHeaders', 'host')
  url.searchParams.set('X-Amz-Signature', '0'.repeat(64))
  return url.href
}

const signedUrl = async ({ gate, now }: Patient, location: Location): Promise<URL> =>
  new URL((await gate.presignPut(location, TERMS, now())).url)
