/** Objects that no record names, put into the bucket with the keeper's rights. */

import { expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createBucket } from '../../src/bucket/bucket.ts'
import { someBytes } from './uploads.ts'
import { BUCKET, bucketConfig, put } from './world.ts'

const hex = (): string => randomBytes(16).toString('hex')

/** A key such as Berth makes, that no record holds. */
export const strangeKey = (folder: string): string => `${folder}upl_${hex()}/${hex()}`

export type Plant = (key: string) => Promise<string>

/** Puts 64 bytes at a key, and resolves to the key. */
export function createPlant(storeUrl: string, now: () => Date): Plant {
  const keeper = createBucket(bucketConfig(storeUrl, { signer: null }))
  const terms = { size: 64, contentType: 'a/b', sha256: null, ttlSeconds: 60 }
  return async (key) => {
    const slot = await keeper.presignPut({ bucket: BUCKET, key }, terms, now())
    expect(await put(slot, someBytes(64))).toBe(200)
    return key
  }
}
