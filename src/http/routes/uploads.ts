/** /v1/uploads: follow an upload, withdraw it, download what was verified. */

import type { Request, RequestHandler, Response } from 'express'
import type { Broker } from '../../broker/broker.ts'
import type { Scope } from '../../broker/api-keys.ts'
import type { Caller } from '../../broker/deps.ts'
import { linkedTo } from '../../linked-signal.ts'
import { draining } from '../../problems.ts'
import { assertBare, authenticatedCalls, type Answer } from '../authenticated.ts'
import { callerWith, tenantWith } from '../caller.ts'
import type { Cursors } from '../cursor.ts'
import type { Endpoint } from '../mount.ts'
import { parseQuery } from '../parse.ts'
import { addressOf } from '../public-url.ts'
import { anonymously } from '../rate-limit.ts'
import { readOptionalJson } from '../read-json.ts'
import { renderDownload, renderUpload } from '../render-upload.ts'
import { DownloadQuery, ListQuery, WaitQuery } from '../upload-queries.ts'

const BODY_LIMIT_BYTES = 64 * 1024

export type UploadRoutesDeps = {
  broker: Broker
  cursors: Cursors
  issueSlots: boolean
  stopping: AbortSignal
}

export function uploadEndpoints(deps: UploadRoutesDeps): Endpoint[] {
  const one = '/v1/uploads/:id'
  const call = authenticatedCalls(deps.broker)
  const optional = readOptionalJson(BODY_LIMIT_BYTES)

  return [
    call('get', '/v1/uploads', listUploads(deps)),
    call('get', one, getUpload(deps)),
    call('delete', one, deleteUpload(deps), optional),
    call('post', `${one}/slot`, postSlot(deps), optional),
    call('post', `${one}/complete`, postComplete(deps), optional),
    call('get', `${one}/download`, getDownload(deps)),
    call('get', `${one}/history`, getHistory(deps)),
    call('get', `${one}/receipt`, getReceipt(deps)),
    {
      method: 'get',
      path: '/.well-known/jwks.json',
      handlers: [anonymously(deps.broker), getKeySet(deps)],
    },
  ]
}

const listUploads =
  ({ broker, cursors }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    const { cursor, limit, ...filter } = parseQuery(ListQuery, req.query)
    const tenant = tenantWith(res, 'uploads:read')
    const beforeId = cursor === undefined ? undefined : cursors.open(tenant, cursor)
    const { uploads, nextId } = await broker.listPage(tenant, { ...filter, beforeId }, limit)
    res.json({
      uploads: uploads.map((upload) => renderUpload(upload, broker.guaranteesFor(upload))),
      nextCursor: nextId && cursors.seal(tenant, nextId),
    })
  }

const getUpload =
  ({ broker, stopping }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    const { wait } = parseQuery(WaitQuery, req.query)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:read')
    const { signal, abort, release } = linkedTo(stopping)
    res.on('close', () => {
      release()
      abort()
    })
    const waiting = { seconds: wait, signal }
    const upload = await broker.awaitUpload(tenant, req.params.id, waiting)
    res.json(renderUpload(upload, broker.guaranteesFor(upload)))
  }

/** Whoever asks, once the scopes allow it; the bearer of a token only for an upload of its own. */
async function ownerWith(
  broker: Broker,
  req: Request<{ id: string }>,
  res: Response,
  scope: Scope,
): Promise<Caller> {
  const caller = callerWith(res, scope)
  await broker.assertOwn(caller, req.params.id)
  return caller
}

/** Null when any version will do (RFC 9110). */
const ifMatchOf = (header: string | undefined): string[] | null =>
  header === undefined || header.trim() === '*' ? null : header.split(',').map((tag) => tag.trim())

const deleteUpload =
  ({ broker }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    assertBare(req)
    const { tenant, token } = await ownerWith(broker, req, res, 'uploads:write')
    const limits = { mayDelete: token === null, ifMatch: ifMatchOf(req.get('if-match')) }
    const upload = await broker.cancelUpload(tenant, req.params.id, limits)
    res.json(renderUpload(upload, broker.guaranteesFor(upload)))
  }

const postSlot =
  ({ broker, issueSlots }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    assertBare(req)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:write')
    if (!issueSlots) throw draining('issuing slots')
    const { upload, slot } = await broker.renewSlot(tenant, req.params.id)
    res
      .status(201)
      .location(addressOf(res, `/v1/uploads/${upload.id}`))
      .json(renderUpload(upload, broker.guaranteesFor(upload), slot))
  }

const postComplete =
  ({ broker }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    assertBare(req)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:write')
    const upload = await broker.completeUpload(tenant, req.params.id)
    res.status(202).json(renderUpload(upload, broker.guaranteesFor(upload)))
  }

const getDownload =
  ({ broker }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    const { expiresIn } = parseQuery(DownloadQuery, req.query)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:read')
    res.json(renderDownload(await broker.downloadUpload(tenant, req.params.id, expiresIn)))
  }

const getHistory =
  ({ broker }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    assertBare(req)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:read')
    res.json({ history: await broker.uploadHistory(tenant, req.params.id) })
  }

const getReceipt =
  ({ broker }: UploadRoutesDeps): Answer =>
  async (req, res) => {
    assertBare(req)
    const { tenant } = await ownerWith(broker, req, res, 'uploads:read')
    res.type('application/jose').send(await broker.issueReceipt(tenant, req.params.id))
  }

const getKeySet =
  ({ broker }: UploadRoutesDeps): RequestHandler =>
  async (_req, res) => {
    // A verifier may keep it: old keys stay in it, and an unknown kid is a reason to ask again.
    res.set('cache-control', 'public, max-age=300').json(await broker.receiptKeySet())
  }
