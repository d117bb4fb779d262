/** The stories of whoever asks: who it is, how often it asks, and what it may create. */

import { findApiKey } from '../store/api-keys.ts'
import { askedTogether } from './asked-together.ts'
import { authenticate } from './authenticate.ts'
import type { BrokerDeps } from './broker-deps.ts'
import { createUpload, type Asked } from './create-upload.ts'
import { createUploads, type BatchItem } from './create-uploads.ts'
import type { Caller } from './deps.ts'
import { assertOwn } from './granted.ts'
import type { SlotRequest } from './issue-slot.ts'
import { createRateLimits } from './rate-limits.ts'
import { createUploadToken, type TokenTerms } from './upload-tokens.ts'

export function callerStories(deps: BrokerDeps) {
  const findKey = askedTogether((id) => findApiKey(deps.store, id))
  const checking = { ...deps, findKey, keyUses: new Map<string, number>() }
  const rates = createRateLimits(deps, deps.rates)
  return {
    authenticate: (token: string) => authenticate(checking, token),
    countRequest: rates.count,
    createUploadToken: (tenant: string, terms: TokenTerms) =>
      createUploadToken(deps, tenant, terms),
    createUpload: (asked: Asked, request: SlotRequest) => createUpload(deps, asked, request),
    createUploads: (asked: Asked, items: readonly BatchItem[]) => createUploads(deps, asked, items),
    assertOwn: (caller: Caller, id: string) => assertOwn(deps, caller, id),
  }
}
