/** Berth as this page calls it: the SDK sends the files, and two more calls show what became of them. */

import { createUploader, type Uploader } from '../../../client/index.ts'
import { createApi, type Api } from '../shared/call.ts'
import type { Step } from '../shared/records.ts'
import { MEMORY } from './left-over.ts'

export type Berth = {
  uploader: Uploader
  api: Api
  /** As the page's address names it: `/?profile=pictures`. Null: the usual one. */
  profile: string | null
}

/** Browsers open six connections to a host: with three files at a time, two for the parts of each. */
const PARTS_AT_ONCE = 2

export const createBerth = (key: string): Berth => ({
  uploader: createUploader({
    baseUrl: new URL('.', location.href).href,
    token: key,
    parallel: PARTS_AT_ONCE,
    resume: MEMORY,
  }),
  api: createApi(key),
  profile: new URLSearchParams(location.search).get('profile'),
})

/** It is good for some minutes. */
export const linkTo = async ({ api }: Berth, id: string): Promise<string> =>
  (await api.get<{ url: string }>(`v1/uploads/${id}/download`)).url

export const stepsOf = async ({ api }: Berth, id: string, signal: AbortSignal): Promise<Step[]> =>
  (await api.get<{ history: Step[] }>(`v1/uploads/${id}/history`, signal)).history
