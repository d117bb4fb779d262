/** URLs for parts, each for its exact length; the first call begins the multipart upload. */

import type { Slot } from '../bucket/slots.ts'
import { recordAssembly } from '../store/assemblies.ts'
import { renewPending } from '../store/uploads.ts'
import { partNotPlanned } from '../problems.ts'
import { partBytes } from '../upload/parts.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'
import { requireOpenParts } from './open-parts.ts'
import { notPending, renewalOf } from './renew-slot.ts'

/** One PUT; as long as the upload is pending a part may be sent again. */
export type PartSlot = Slot & { number: number; size: number }

export type SignDeps = Pick<Deps, 'store' | 'bucket' | 'limits' | 'log' | 'now'>

/** @param numbers each 1 to the plan's count. Asking also renews the upload. */
export async function signParts(
  deps: SignDeps,
  tenant: string,
  id: string,
  numbers: readonly number[],
): Promise<PartSlot[]> {
  const { upload, plan } = await requireOpenParts(deps, tenant, id)
  const strange = numbers.findIndex((number) => number > plan.count)
  if (strange !== -1) throw partNotPlanned(strange, plan.count)

  const assembly = upload.assembly ?? (await begin(deps, upload))
  const slots = await Promise.all(
    numbers.map((number) => {
      const size = partBytes(plan, upload.declared.size, number)
      return signPart(deps, upload, { assembly, number, size })
    }),
  )
  // Recorded before a URL is given out, so that nothing expires while one may be in use.
  const renewed = await renewPending(deps.store, upload, renewalOf(deps, upload))
  if (!renewed) throw notPending((await requireUpload(deps, tenant, id)).state)
  return slots
}

type Part = { assembly: string; number: number; size: number }

async function signPart(deps: SignDeps, upload: Upload, part: Part): Promise<PartSlot> {
  const { bucket, stagingKey: key, slotTtlSeconds: ttlSeconds } = upload
  const { number, size } = part
  const slot = await deps.bucket.presignPart({ bucket, key }, { ...part, ttlSeconds }, deps.now())
  return { ...slot, number, size }
}

/**
 * Of two calls at once one is recorded, and the other's is ended. One that is never recorded, as its
 * node died, holds no part: nobody has its name. It goes with all that is left under the key.
 */
async function begin(deps: SignDeps, upload: Upload): Promise<string> {
  const { id, tenant, bucket, stagingKey: key, declared } = upload
  const assembly = await deps.bucket.beginAssembly({ bucket, key }, declared.contentType)
  if (await recordAssembly(deps.store, upload, assembly)) {
    deps.log.info('parts.begun', { uploadId: id, tenant })
    return assembly
  }
  await deps.bucket.abortAssembly({ bucket, key }, assembly).catch(() => undefined)
  const now = await requireUpload(deps, tenant, id)
  if (now.state !== 'pending' || now.assembly === null) throw notPending(now.state)
  return now.assembly
}
