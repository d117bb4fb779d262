/** What the API answers, as far as the pages use it. */

import type { Upload, UploadState } from '../../../client/index.ts'

export type { Upload, UploadState as State }

export type Promises = 'size' | 'contentType' | 'sha256' | 'singleUse'
export type Guarantees = Record<Promises, 'storage' | 'verification'>

export type Step = {
  version: number
  state: UploadState
  at: string
  cause: string
  detail: string | null
}

const OPEN: readonly UploadState[] = ['pending', 'received', 'verifying']

export const isFinal = (state: UploadState): boolean => !OPEN.includes(state)
