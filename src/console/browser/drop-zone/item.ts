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
  /** The upload's; null before there is a slot. */
  id: string | null
  /** Its way so far. */
  steps: Step[]
  /** The record, once it is over. */
  ended: Upload | null
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
  id: null,
  steps: [],
  ended: null,
  said: null,
  downloadUrl: null,
})

const OVER: readonly Phase[] = ['ready', 'refused', 'canceled']

export const isOver = ({ phase }: Item): boolean => OVER.includes(phase)

const PAUSABLE: readonly Phase[] = ['waiting', 'asking', 'uploading', 'offline']

export const mayPause = ({ phase }: Item): boolean => PAUSABLE.includes(phase)

export const mayResume = ({ phase }: Item): boolean => phase === 'paused' || phase === 'stopped'
