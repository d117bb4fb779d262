/** POST /v1/uploads and its batch: ask for slots, once per Idempotency-Key. */

import type { RequestHandler, Response } from 'express'
import type { Broker } from '../../broker/broker.ts'
import type { Created } from '../../broker/create-upload.ts'
import type { BatchItem, BatchResult } from '../../broker/create-uploads.ts'
import type { Grant } from '../../broker/deps.ts'
import { draining, Problem } from '../../problems.ts'
import { authenticate, callerWith } from '../caller.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import type { Endpoint } from '../mount.ts'
import { parseBody, parseQuery } from '../parse.ts'
import { addressOf } from '../public-url.ts'
import { readJson } from '../read-json.ts'
import { problemBody } from '../render-problem.ts'
import { renderUpload } from '../render-upload.ts'
import { sendJson } from '../send-json.ts'
import { BatchBody, parseSlotRequest } from '../slot-request.ts'
import { traceparentIn } from '../trace-requests.ts'
import { NoQuery } from '../upload-queries.ts'

export type CreateRoutesDeps = { broker: Broker; issueSlots: boolean }

const BODY_LIMIT_BYTES = 64 * 1024
const BATCH_LIMIT_BYTES = 1024 * 1024
const REPLAYED = 'idempotency-replayed'

export function createEndpoints(deps: CreateRoutesDeps): Endpoint[] {
  const who = authenticate(deps.broker)
  return [
    {
      method: 'post',
      path: '/v1/uploads',
      handlers: [who, ...readJson(BODY_LIMIT_BYTES), postUpload(deps)],
    },
    {
      method: 'post',
      path: '/v1/uploads/batch',
      handlers: [who, ...readJson(BATCH_LIMIT_BYTES), postBatch(deps)],
    },
  ]
}

const postUpload =
  ({ broker, issueSlots }: CreateRoutesDeps): RequestHandler =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const key = idempotencyKey(req, 'POST /v1/uploads')
    const request = parseSlotRequest(req.body, tokenOf(res.locals), traceparentIn(res))
    const caller = callerWith(res, 'uploads:write')
    if (!issueSlots) throw draining('issuing slots')
    const { value, isReplay } = await broker.createUpload({ caller, key }, request)
    if (isReplay) res.set(REPLAYED, 'true')
    res.setHeader('location', addressOf(res, `/v1/uploads/${value.upload.id}`))
    sendJson(res, 201, renderCreated(broker, value))
  }

const postBatch =
  ({ broker, issueSlots }: CreateRoutesDeps): RequestHandler =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const key = idempotencyKey(req, 'POST /v1/uploads/batch')
    const { uploads } = parseBody(BatchBody, req.body)
    const caller = callerWith(res, 'uploads:write')
    if (!issueSlots) throw draining('issuing slots')
    const traceparent = traceparentIn(res)
    const items = uploads.map((item) => toItem(item, caller.token, traceparent))
    const { value, isReplay } = await broker.createUploads({ caller, key }, items)
    if (isReplay) res.set(REPLAYED, 'true')
    res.json({ results: value.map((result) => renderResult(broker, result, res)) })
  }

/** What a single call would refuse becomes the item's problem. */
function toItem(item: unknown, token: Grant | null, traceparent: string | null): BatchItem {
  try {
    return parseSlotRequest(item, token, traceparent)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

const renderResult = (broker: Broker, result: BatchResult, res: Response) =>
  'problem' in result
    ? { problem: problemBody(result.problem, res) }
    : { upload: renderCreated(broker, result) }

const renderCreated = (broker: Broker, { upload, slot }: Created) =>
  renderUpload(upload, broker.guaranteesFor(upload), slot)

const tokenOf = (locals: Record<string, unknown>): Grant | null =>
  (locals['caller'] as { token: Grant | null }).token
