/** What is counted for the console, hour by hour, and how far the counting has come. */

import type { Measure } from '../upload/tally.ts'

/** Milliseconds since 1970. */
type Millis = number

export type TalliesTable = {
  tenant: string
  /** Its beginning. */
  hour: Millis
  measure: Measure
  name: string
  count: number
}

export type TallyPositionTable = {
  id: 'transitions'
  /** Of the last transition that was counted, in the order of its moment. */
  at: Millis
  upload_id: string
  version: number
}
