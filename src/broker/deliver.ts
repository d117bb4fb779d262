/** One attempt of one delivery: sign, send, and write down what became of it. Safe to repeat. */

import { SpanStatusCode, type Span } from '@opentelemetry/api'
import { findDispatch, type Claim, type Dispatch } from '../store/delivery-queue.ts'
import { recordDelivered, recordFailed, releaseClaim } from '../store/delivery-results.ts'
import { inSpan, type SpanTerms } from '../tracing/span.ts'
import { traceparentOf } from '../tracing/traceparent.ts'
import { addSeconds } from '../upload/policy.ts'
import { assertEndpointUrl } from '../webhooks/endpoint-url.ts'
import { nextDelaySeconds } from '../webhooks/schedule.ts'
import type { Message, Sent } from '../webhooks/send.ts'
import { signedHeaders } from '../webhooks/sign.ts'
import { livingSecrets } from './webhook-secrets.ts'
import type { DeliveryOutcome, WebhookDeps } from './webhook-deps.ts'
import { writeDown } from './write-down.ts'

type DeliverDeps = Pick<
  WebhookDeps,
  'store' | 'now' | 'log' | 'meter' | 'webhooks' | 'secretBox' | 'sender'
>

const GONE = 410

/** @param stop the node stops: the attempt is cut off, and made again elsewhere. */
export async function deliver(deps: DeliverDeps, claim: Claim, stop: AbortSignal): Promise<void> {
  const dispatch = await findDispatch(deps.store, claim)
  // Disabled or deleted meanwhile; the sweep makes it a dead letter.
  if (!dispatch) return
  const sent = await inSpan('webhook.attempt', about(dispatch), async (span) => {
    const ended = await attempt(deps, { ...dispatch, traceparent: traceparentOf(span) }, stop)
    return told(span, ended)
  })
  if (sent.outcome === 'stopped') {
    await releaseClaim(deps.store, claim, deps.now())
    return
  }
  deps.meter.delivery(outcomeOf(sent))
  const record = outcomeOf(sent) === 'delivered' ? succeed : fail
  await writeDown(deps, stop, () => record(deps, claim, sent))
}

const about = ({ webhook_id, event_id, traceparent }: Dispatch): SpanTerms => ({
  kind: 'client',
  traceparent,
  facts: { 'berth.webhook.id': webhook_id, 'berth.webhook.event': event_id },
})

function told(span: Span, sent: Sent): Sent {
  span.setAttribute('berth.webhook.outcome', sent.outcome)
  if (sent.outcome === 'answered') span.setAttribute('http.response.status_code', sent.status)
  if (outcomeOf(sent) !== 'delivered') span.setStatus({ code: SpanStatusCode.ERROR })
  return sent
}

async function attempt(deps: DeliverDeps, dispatch: Dispatch, stop: AbortSignal): Promise<Sent> {
  const prepared = prepare(deps, dispatch)
  return 'url' in prepared ? deps.sender.send(prepared, stop) : prepared
}

/** The rules may have become stricter, or TOKEN_SECRET another, since the endpoint was registered. */
function prepare(deps: DeliverDeps, dispatch: Dispatch): Message | Sent {
  const { secretBox, webhooks, now } = deps
  const { event_id: id, body } = dispatch
  try {
    const url = assertEndpointUrl(dispatch.url, webhooks)
    const at = now()
    const secrets = livingSecrets(secretBox, dispatch, at)
    const { traceparent } = dispatch
    const context = traceparent === null ? {} : { traceparent }
    const headers = { ...HEADERS, ...context, ...signedHeaders({ id, body, secrets }, at) }
    return { url, headers, body }
  } catch (error) {
    deps.log.warn('webhook.unusable', { webhookId: dispatch.webhook_id, error: nameOf(error) })
    return { outcome: 'blocked', error: 'the address is not allowed, or the secret is lost' }
  }
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'berth-webhooks' }

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

function outcomeOf(sent: Sent): DeliveryOutcome {
  switch (sent.outcome) {
    case 'answered':
      return sent.status >= 200 && sent.status < 300 ? 'delivered' : 'refused'
    case 'timeout':
    case 'unreachable':
    case 'blocked':
      return sent.outcome
    case 'stopped':
      return 'unreachable'
  }
}

async function succeed({ store, now, log }: DeliverDeps, claim: Claim, sent: Sent): Promise<void> {
  const status = sent.outcome === 'answered' ? sent.status : 0
  await recordDelivered(store, claim, status, now())
  log.info('delivery.delivered', { deliveryId: claim.id, webhookId: claim.webhook_id, status })
}

async function fail(deps: DeliverDeps, claim: Claim, sent: Sent): Promise<void> {
  const { store, now, log, webhooks } = deps
  const at = now()
  const said = sent.outcome === 'answered' ? sent : null
  const retryAfterSeconds = said?.retryAfterSeconds ?? null
  const tried = { attempts: claim.attempts + 1, retryAfterSeconds }
  const delay = nextDelaySeconds(webhooks.scheduleSeconds, tried, Math.random())
  const error = sent.outcome === 'answered' ? `answered ${sent.status}` : sent.error
  const recorded = await recordFailed(store, claim, {
    at,
    status: said?.status ?? null,
    error,
    dueAt: delay === null ? null : addSeconds(at, delay),
    disable: said?.status === GONE ? 'the endpoint answered 410' : null,
    hopelessSince: addSeconds(at, -webhooks.hopelessSeconds),
    hopelessReason: 'nothing but failures for five days',
  })
  const facts = { deliveryId: claim.id, webhookId: claim.webhook_id, error }
  log.warn('delivery.failed', { ...facts, attempts: tried.attempts, isDead: delay === null })
  if (recorded?.isDisabled === true) log.warn('webhook.disabled', { webhookId: claim.webhook_id })
}
