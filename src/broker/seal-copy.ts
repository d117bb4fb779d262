/** The claim itself: copy staging -> sealed, pinned to what was seen, a few times if it changes. */

import type { Observed, Rejection, Upload } from '../upload/upload.ts'
import { canonicalType } from '../upload/content-type.ts'
import { judgeObserved, unstableSource } from '../upload/verdict.ts'
import type { Deps } from './deps.ts'

export type Sealed =
  { outcome: 'sealed' } | { outcome: 'gone' } | { outcome: 'rejected'; rejection: Rejection }

/** Under an overwriter that never rests. */
const MOST_CLAIMS = 5

export async function sealCopy(
  { bucket }: Pick<Deps, 'bucket'>,
  upload: Upload,
  signal: AbortSignal,
): Promise<Sealed> {
  const from = { bucket: upload.bucket, key: upload.stagingKey }
  let observed: Observed | null = upload.observed
  for (let claims = 1; ; claims += 1) {
    observed ??= await bucket.head(from)
    if (!observed) return { outcome: 'gone' }
    const rejection = judgeObserved(upload.declared, observed)
    if (rejection) return { outcome: 'rejected', rejection }

    const { size, etag, versionId } = observed
    const contentType = canonicalType(upload.declared.contentType)
    const as = { size, etag, versionId, contentType }
    const claimed = await bucket.claim(from, upload.sealedKey ?? '', as, signal)
    if (claimed === 'claimed') return { outcome: 'sealed' }
    if (claimed === 'gone') return { outcome: 'gone' }
    if (claims === MOST_CLAIMS) return { outcome: 'rejected', rejection: unstableSource(claims) }
    observed = null
  }
}
