/** One parser per source. */

import type { ParseEvent } from '../broker/drain-inbox.ts'
import { parseS3Event } from './s3-event.ts'

export const parseEvent: ParseEvent = (source, body) =>
  source === 's3' ? parseS3Event(body) : null
