/** /v1/console: what the operators' page shows. For the scope admin, and of its own tenant. */

import type { Broker } from '../../broker/broker.ts'
import { authenticatedCalls, type Answer } from '../authenticated.ts'
import { tenantWith } from '../caller.ts'
import { ChartsQuery, EventsQuery, SearchQuery } from '../console-queries.ts'
import type { Cursors } from '../cursor.ts'
import type { Endpoint } from '../mount.ts'
import { parseQuery } from '../parse.ts'
import { renderUpload } from '../render-upload.ts'
import { renderDelivery } from '../render-webhook.ts'
import { NoQuery } from '../upload-queries.ts'

export type ConsoleRoutesDeps = { broker: Broker; cursors: Cursors }

export function consoleEndpoints({ broker, cursors }: ConsoleRoutesDeps): Endpoint[] {
  const call = authenticatedCalls(broker)
  const get = (path: string, answer: Answer): Endpoint => call('get', `/v1/console/${path}`, answer)
  return [
    get('overview', getOverview(broker)),
    get('charts', getCharts(broker)),
    get('uploads', searchUploads(broker, cursors)),
    get('uploads/:id', showUpload(broker)),
    get('events', listEvents(broker)),
  ]
}

const getOverview =
  (broker: Broker): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const tenant = tenantWith(res, 'admin')
    res.json({ tenant, ...(await broker.overview(tenant)) })
  }

const getCharts =
  (broker: Broker): Answer =>
  async (req, res) => {
    const { range } = parseQuery(ChartsQuery, req.query)
    res.json(await broker.drawCharts(tenantWith(res, 'admin'), range))
  }

const searchUploads =
  (broker: Broker, cursors: Cursors): Answer =>
  async (req, res) => {
    const { cursor, limit, ...filter } = parseQuery(SearchQuery, req.query)
    const tenant = tenantWith(res, 'admin')
    const beforeId = cursor === undefined ? undefined : cursors.open(tenant, cursor)
    const page = await broker.searchPage(tenant, { ...filter, beforeId }, limit)
    res.json({
      uploads: page.uploads.map((upload) => renderUpload(upload, broker.guaranteesFor(upload))),
      nextCursor: page.nextId && cursors.seal(tenant, page.nextId),
      searchedBackTo: page.searchedBackTo,
    })
  }

const showUpload =
  (broker: Broker): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const tenant = tenantWith(res, 'admin')
    const { upload, history, deliveries } = await broker.showUpload(tenant, req.params.id)
    res.json({
      upload: renderUpload(upload, broker.guaranteesFor(upload)),
      slotExpiresAt: upload.slotExpiresAt,
      receivedAt: upload.receivedAt,
      attempts: upload.attempts,
      nextLookAt: upload.dueAt,
      history,
      deliveries: deliveries.map(renderDelivery),
    })
  }

const listEvents =
  (broker: Broker): Answer =>
  async (req, res) => {
    const { state, limit } = parseQuery(EventsQuery, req.query)
    tenantWith(res, 'admin')
    res.json({ state, events: await broker.listEventFacts(state, limit) })
  }
