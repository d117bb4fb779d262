/** The story of one file: the SDK brings it to a verdict, and the page shows how that goes. */

import { UploadError, type Progress } from '../../../client/index.ts'
import type { Upload } from '../shared/records.ts'
import { linkTo, stepsOf, type Berth } from './berth.ts'
import { follow } from './follow.ts'
import { endInWords } from './in-words.ts'
import type { Item, Phase } from './item.ts'
import { createRate } from './rate.ts'

type Told = (change: Partial<Item>) => void

/** Goes on from where an earlier try of the same file ended, also one before a reload. */
export async function sendFile(
  berth: Berth,
  { file }: Item,
  told: Told,
  signal: AbortSignal,
): Promise<void> {
  told({ phase: 'asking', said: null, rate: null, steps: [] })
  const over = new AbortController()
  const onProgress = shownBy(told, (id) => {
    void follow(berth, id, (steps) => told({ steps }), over.signal)
  })
  const profile = berth.profile === null ? {} : { profile: berth.profile }
  try {
    const ended = await berth.uploader
      .upload(file, { ...profile, signal, onProgress })
      .catch(recordIn)
    over.abort()
    const steps = await stepsOf(berth, ended.id, signal)
    told({ id: ended.id, ended, steps, sent: file.size, ...(await endOf(berth, ended)) })
  } finally {
    over.abort()
  }
}

const PHASES: Record<Progress['stage'], Phase> = {
  hashing: 'asking',
  sending: 'uploading',
  offline: 'offline',
  verifying: 'checking',
}

/** @param arrived told once, when all bytes are there. */
function shownBy(told: Told, arrived: (id: string) => void): (progress: Progress) => void {
  const rateOf = createRate()
  let isThere = false
  return ({ stage, sent, id }) => {
    told({ phase: PHASES[stage], sent, id, rate: stage === 'sending' ? rateOf(sent) : null })
    if (stage !== 'verifying' || id === null || isThere) return
    isThere = true
    arrived(id)
  }
}

/** An upload that has ended otherwise than ready is no accident here. */
function recordIn(error: unknown): Upload {
  if (error instanceof UploadError && error.upload) return error.upload
  throw error
}

async function endOf(berth: Berth, ended: Upload): Promise<Partial<Item>> {
  const said = endInWords(ended)
  if (said === null) return { phase: 'ready', downloadUrl: await linkTo(berth, ended.id) }
  // A slot that nothing came into is no verdict on the file.
  return { phase: ended.state === 'expired' ? 'stopped' : 'refused', said }
}
