/** One file on its way, as the page shows it. */

import type { Step, Upload } from '../shared/records.ts'

/** `offline`: goes on by itself. `stopped`: something went wrong that another try may mend. `refused`: it will not be taken. */
export type Phase =
  | 'waiting'
  | 'asking'
  | 'uploading'
  | 'paused'
  | 'offline'
  | 'checking'
  | 'ready'
  | 'stopped'
  | 'refused'
  | 'canceled'

export type Item = {
  key: number
  file: File
  phase: Phase
  /** Bytes that have left, of the present try. */
  sent: number
  /** Bytes per second; null before it is known. */
  rate: number | null
  /** Null before there is a slot. */
  upload: Upload | null
  /** Its way so far. */
  steps: Step[]
  /** What went wrong, in words. */
  said: string | null
  downloadUrl: string | null
}

export const newItem = (key: number, file: File): Item => ({
  key,
  file,
  phase: 'waiting',
  sent: 0,
  rate: null,
  upload: null,
  steps: [],
  said: null,
  downloadUrl: null,
})

const OVER: readonly Phase[] = ['ready', 'refused', 'canceled']

export const isOver = ({ phase }: Item): boolean => OVER.includes(phase)

export const mayPause = ({ phase }: Item): boolean => phase === 'waiting' || phase === 'uploading'

export const mayResume = ({ phase }: Item): boolean =>
  phase === 'paused' || phase === 'offline' || phase === 'stopped'
