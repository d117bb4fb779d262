/** A client that sends an object in parts, and a look at what is left of them in the store. */

import type { Broker } from '../../src/broker/broker.ts'
import type { Bucket } from '../../src/bucket/bucket.ts'
import type { PartPlan } from '../../src/upload/parts.ts'
import { send } from './raw-put.ts'
import { someBytes } from './uploads.ts'
import { BUCKET } from './world.ts'

const MIB = 1024 ** 2

/** Every upload that is not tiny goes in parts, the first two of which have 8 MiB. */
export const PARTS_PROFILE = { multipartThreshold: 1024, maxSize: '6TiB', reservedBytes: '64TiB' }

/** Three parts: 8 MiB, 8 MiB and 17 bytes. */
export const THREE_PARTS = someBytes(16 * MIB + 17)

/** The bytes of one part. */
export const pieceOf = (bytes: Buffer, { size }: Pick<PartPlan, 'size'>, number: number): Buffer =>
  bytes.subarray((number - 1) * size, number * size)

type Target = { id: string; parts: PartPlan | null }

/** @returns the store's status of each. */
export async function sendParts(
  broker: Pick<Broker, 'signParts'>,
  { id, parts }: Target,
  bytes: Buffer,
  numbers: readonly number[] = [1, 2, 3],
): Promise<number[]> {
  if (!parts) throw new Error('the upload is one PUT')
  const slots = await broker.signParts('t', id, numbers)
  return Promise.all(slots.map((slot) => send(slot, pieceOf(bytes, parts, slot.number))))
}

/** Multipart uploads in the bucket that are neither whole nor ended. */
export async function unfinished({ bucket }: { bucket: Bucket }): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of bucket.listAssemblies(BUCKET, '')) keys.push(key)
  return keys
}

/** What the clock does for pending uploads, of one PUT and in parts. */
export async function lookForArrivals(
  broker: Pick<Broker, 'sweepLooks' | 'nextGatherings' | 'gatherDue'>,
): Promise<void> {
  await broker.sweepLooks(100)
  await Promise.all((await broker.nextGatherings(100)).map((due) => broker.gatherDue(due)))
}
