/** A crash of the whole process at a chosen outside call: from then on nothing of it works. */

import type { Bucket } from '../../src/bucket/bucket.ts'
import type { Store } from '../../src/store/store.ts'

export class Crashed extends Error {}

export type Fuse = {
  /** Burns through after so many more calls. */
  light: (calls: number) => void
  isBlown: () => boolean
  guardBucket: (bucket: Bucket) => Bucket
  guardStore: (store: Store) => Store
}

export function createFuse(): Fuse {
  let left = Infinity
  const burn = (): void => {
    left -= 1
    if (left < 0) throw new Crashed('crashed')
  }
  // Before the call and after it: what happened and what was heard of it may differ.
  const guard =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      burn()
      const result = await call(...args)
      burn()
      return result
    }
  return {
    light: (calls) => {
      left = calls
    },
    isBlown: () => left < 0,
    guardBucket: (bucket) => ({
      ...bucket,
      head: guard(bucket.head),
      claim: guard(bucket.claim),
      read: guard(bucket.read),
      remove: guard(bucket.remove),
      discard: guard(bucket.discard),
      beginAssembly: guard(bucket.beginAssembly),
      listParts: guard(bucket.listParts),
      completeAssembly: guard(bucket.completeAssembly),
      abortAssembly: guard(bucket.abortAssembly),
      abortAssemblies: guard(bucket.abortAssemblies),
    }),
    guardStore: (store) => ({
      ...store,
      write: (work, order) => guard(() => store.write(work, order))(),
    }),
  }
}
