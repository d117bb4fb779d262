/** The bucket with a clock and a span beside it: how long each call took, and whether it was answered. */

import { inSpan } from '../tracing/span.ts'
import type { Bucket } from './bucket.ts'

export type BucketMeter = {
  storeCall: (operation: string, outcome: 'ok' | 'error', seconds: number) => void
  signed: (seconds: number) => void
}

export function measureBucket(bucket: Bucket, meter: BucketMeter): Bucket {
  const timed = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    const seconds = (): number => (performance.now() - began) / 1000
    try {
      const result = await inSpan(`store.${operation}`, { kind: 'client' }, call)
      meter.storeCall(operation, 'ok', seconds())
      return result
    } catch (error) {
      meter.storeCall(operation, 'error', seconds())
      throw error
    }
  }
  const signing = async <T>(sign: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    const signed = await inSpan('sign', { kind: 'internal' }, sign)
    meter.signed((performance.now() - began) / 1000)
    return signed
  }
  return {
    ...bucket,
    presignPut: (...given) => signing(() => bucket.presignPut(...given)),
    presignGet: (...given) => signing(() => bucket.presignGet(...given)),
    presignPart: (...given) => signing(() => bucket.presignPart(...given)),
    head: (location) => timed('head', () => bucket.head(location)),
    claim: (...given) => timed('claim', () => bucket.claim(...given)),
    read: (...given) => timed('read', () => bucket.read(...given)),
    remove: (location) => timed('delete', () => bucket.remove(location)),
    discard: (...given) => timed('delete', () => bucket.discard(...given)),
    listPage: (listing) => timed('list', () => bucket.listPage(listing)),
    beginAssembly: (...given) => timed('parts-begin', () => bucket.beginAssembly(...given)),
    listParts: (...given) => timed('parts-list', () => bucket.listParts(...given)),
    completeAssembly: (...given) =>
      timed('parts-complete', () => bucket.completeAssembly(...given)),
    abortAssembly: (...given) => timed('parts-abort', () => bucket.abortAssembly(...given)),
    abortAssemblies: (location) => timed('parts-abort', () => bucket.abortAssemblies(location)),
    check: () => timed('check', () => bucket.check()),
  }
}
