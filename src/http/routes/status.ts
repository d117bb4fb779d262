/** GET /v1/uploads/{id}/events: the way of an upload as server-sent events. */

import type { Request, Response } from 'express'
import type { Broker } from '../../broker/broker.ts'
import type { Upload } from '../../upload/upload.ts'
import { isFinal } from '../../upload/transitions.ts'
import { authenticatedCalls, type Answer } from '../authenticated.ts'
import { callerWith } from '../caller.ts'
import type { EventStreams } from '../event-streams.ts'
import type { Endpoint } from '../mount.ts'
import { parseQuery } from '../parse.ts'
import { renderUpload } from '../render-upload.ts'
import { NoQuery } from '../upload-queries.ts'

type StatusRoutesDeps = { broker: Broker; streams: EventStreams }

/** Then the reader comes again, and shows that its key or token is still good. */
const LONGEST_STREAM_MS = 15 * 60_000

export const statusEndpoints = (deps: StatusRoutesDeps): Endpoint[] => [
  authenticatedCalls(deps.broker)('get', '/v1/uploads/:id/events', getEvents(deps)),
]

const getEvents =
  ({ broker, streams }: StatusRoutesDeps): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const caller = callerWith(res, 'uploads:read')
    const { id } = req.params
    await broker.assertOwn(caller, id)
    const after = lastSeen(req)
    // What tells a browser not to come again: it has seen the last that there is.
    if (await isTheLast(broker, caller.tenant, id, after)) return void res.status(204).end()
    if (req.method === 'HEAD') return void res.type('text/event-stream').end()

    const signal = streams.open(res, caller)
    const changes = broker.followUpload(caller.tenant, id, {
      after,
      forMs: LONGEST_STREAM_MS,
      signal,
    })
    await tellAll(broker, res, changes)
  }

async function isTheLast(
  broker: Broker,
  tenant: string,
  id: string,
  version: number | null,
): Promise<boolean> {
  const now = { seconds: 0, signal: AbortSignal.abort() }
  const upload = await broker.awaitUpload(tenant, id, now)
  return isFinal(upload.state) && upload.version === version
}

/** Whatever else it says is none of our versions. */
function lastSeen(req: Request<{ id: string }>): number | null {
  const id = req.get('last-event-id') ?? ''
  return /^\d{1,9}$/.test(id) ? Number(id) : null
}

/** An error after the head cannot be told any more: the stream ends, and its reader comes again. */
async function tellAll(broker: Broker, res: Response, changes: AsyncIterator<Upload>) {
  try {
    while (await tellNext(broker, res, changes));
  } catch (error) {
    res.locals['error'] = error
  }
  res.end()
}

/** Apart, as a loop would hold the last record until the next one comes. */
async function tellNext(
  broker: Broker,
  res: Response,
  changes: AsyncIterator<Upload>,
): Promise<boolean> {
  const next = await changes.next()
  if (next.done) return false
  res.write(toEvent(broker, next.value))
  return true
}

function toEvent(broker: Broker, upload: Upload): string {
  const record = renderUpload(upload, broker.guaranteesFor(upload))
  return `id: ${upload.version}\nevent: upload.${upload.state}\ndata: ${JSON.stringify(record)}\n\n`
}
