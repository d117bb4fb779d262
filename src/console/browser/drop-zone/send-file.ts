/** The story of one file: a slot, the bytes to the store, and its way to a verdict. */

import type { Api } from '../shared/call.ts'
import type { Upload } from '../shared/records.ts'
import { follow } from './follow.ts'
import { endInWords } from './in-words.ts'
import type { Item } from './item.ts'
import { putParts } from './put-parts.ts'
import { put } from './put.ts'
import { createRate } from './rate.ts'

type Told = (change: Partial<Item>) => void

/** Goes on from where an earlier try of the same item ended. */
export async function sendFile(
  api: Api,
  item: Item,
  told: Told,
  signal: AbortSignal,
): Promise<void> {
  told({ phase: 'asking', said: null, sent: 0, rate: null })
  const issued = await askForSlot(api, item, signal)
  told({ upload: issued })
  const isOpen = issued.state === 'pending'
  if (isOpen) await send(api, issued, item.file, { told, signal })
  told({ phase: 'checking', sent: item.file.size })
  await follow(api, issued.id, (steps) => told({ steps }), signal)
  const ended = await api.get<Upload>(`v1/uploads/${issued.id}`, signal)
  const said = endInWords(ended)
  if (said !== null) return told({ upload: ended, phase: 'refused', said })
  told({ upload: ended, phase: 'ready', downloadUrl: await linkTo(api, issued.id) })
}

/** It is good for some minutes. */
export const linkTo = async (api: Api, id: string): Promise<string> =>
  (await api.get<{ url: string }>(`v1/uploads/${id}/download`)).url

/** Once it is no longer pending there is nothing left to send. */
async function askForSlot(api: Api, { file, upload }: Item, signal: AbortSignal): Promise<Upload> {
  if (upload === null) {
    const [contentType = ''] = file.type.split(';')
    const declared = {
      filename: file.name,
      contentType: contentType || 'application/octet-stream',
      size: file.size,
    }
    return api.post<Upload>('v1/uploads', declared, signal)
  }
  const now = await api.get<Upload>(`v1/uploads/${upload.id}`, signal)
  return now.state === 'pending'
    ? api.post<Upload>(`v1/uploads/${upload.id}/slot`, undefined, signal)
    : now
}

type Sending = { told: Told; signal: AbortSignal }

async function send(
  api: Api,
  { id, slot, parts }: Upload,
  file: File,
  { told, signal }: Sending,
): Promise<void> {
  told({ phase: 'uploading' })
  const rateOf = createRate()
  const progress = (sent: number): void => told({ sent, rate: rateOf(sent) })
  if (slot) await put(slot, file, { progress, signal })
  else if (parts) await putParts(api, { id, ...parts }, file, { progress, signal })
}
