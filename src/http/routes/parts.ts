/** /v1/uploads/{id}/parts: URLs for parts, and what has arrived of them. */

import type { Request, Response } from 'express'
import type { Broker } from '../../broker/broker.ts'
import { draining } from '../../problems.ts'
import { authenticatedCalls, type Answer } from '../authenticated.ts'
import { callerWith } from '../caller.ts'
import type { Endpoint } from '../mount.ts'
import { parseBody, parseQuery } from '../parse.ts'
import { PartsBody } from '../parts-request.ts'
import { readJson } from '../read-json.ts'
import { NoQuery } from '../upload-queries.ts'

type PartRoutesDeps = { broker: Broker; issueSlots: boolean }

const BODY_LIMIT_BYTES = 64 * 1024

export function partEndpoints(deps: PartRoutesDeps): Endpoint[] {
  const call = authenticatedCalls(deps.broker)
  const path = '/v1/uploads/:id/parts'
  return [
    call('post', path, postParts(deps), readJson(BODY_LIMIT_BYTES)),
    call('get', path, getParts(deps)),
  ]
}

const postParts =
  ({ broker, issueSlots }: PartRoutesDeps): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const { partNumbers } = parseBody(PartsBody, req.body)
    const tenant = await ownerOf(broker, req, res)
    if (!issueSlots) throw draining('issuing slots')
    const slots = await broker.signParts(tenant, req.params.id, partNumbers)
    res.json({ parts: slots.map(({ number, ...slot }) => ({ partNumber: number, ...slot })) })
  }

const getParts =
  ({ broker }: PartRoutesDeps): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const tenant = await ownerOf(broker, req, res)
    const parts = await broker.listParts(tenant, req.params.id)
    res.json({ parts: parts.map(({ number, ...part }) => ({ partNumber: number, ...part })) })
  }

async function ownerOf(
  broker: Broker,
  req: Request<{ id: string }>,
  res: Response,
): Promise<string> {
  const caller = callerWith(res, 'uploads:write')
  await broker.assertOwn(caller, req.params.id)
  return caller.tenant
}
