/** Objects that no record names, put into the bucket with the keeper's rights. */

import { expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createBucket } from '../../src/bucket/bucket.ts'
import { someBytes } from './uploads.ts'
import { BUCKET, bucketConfig, put } from './world.ts'

const hex = (): string => randomBytes(16).toString('hex')

/** A key such as Berth makes, that no record holds. */
export const strangeKey = (folder: string): string => `${folder}upl_${hex()}/${hex()}`

/** 64 bytes at that key. @returns the key. */
export async function plant(storeUrl: string, key: string, now = new Date()): Promise<string> {
  const keeper = createBucket(bucketConfig(storeUrl, { signer: null }))
  const terms = { size: 64, contentType: 'a/b', sha256: null, ttlSeconds: 60 }
  const slot = await keeper.presignPut({ bucket: BUCKET, key }, terms, now)
  expect(await put(slot, someBytes(64))).toBe(200)
  return key
}
