/** A tenant's webhook endpoints: registered, shown, changed and removed. Secrets are shown once. */

import { notFound, quotaExceeded, unknownProfile, webhookNotEnabled } from '../problems.ts'
import { announceTo } from '../store/outbox.ts'
import {
  changeWebhook,
  deletion,
  ENABLED,
  findWebhook,
  insertWebhook,
  listWebhooks,
  type Change,
  type WebhookRow,
} from '../store/webhooks.ts'
import { testAnnouncement, type UploadEvent } from '../upload/announcement.ts'
import { addSeconds } from '../upload/policy.ts'
import { assertEndpointUrl } from '../webhooks/endpoint-url.ts'
import type { WebhookDeps } from './webhook-deps.ts'
import { isReadable, newSecret } from './webhook-secrets.ts'

const MOST_ENDPOINTS = 100

export type EndpointTerms = {
  url: string
  /** Null: all. */
  events: UploadEvent[] | null
  profiles: string[] | null
  description: string | null
}

/** An endpoint, and its secret, which cannot be shown again. */
export type WithSecret = { webhook: WebhookRow; secret: string }

/** Throws `webhook-url-not-allowed`, `unknown-profile` or `quota-exceeded`. */
export async function registerWebhook(
  deps: WebhookDeps,
  tenant: string,
  terms: EndpointTerms,
): Promise<WithSecret> {
  const { store, now, newId, secretBox, webhooks, log } = deps
  const url = assertEndpointUrl(terms.url, webhooks)
  assertProfiles(deps, terms.profiles)
  const id = `wh_${newId()}`
  const secret = newSecret()
  const webhook = {
    id,
    tenant,
    url,
    events: terms.events && JSON.stringify(terms.events),
    profiles: terms.profiles && JSON.stringify(terms.profiles),
    description: terms.description,
    secret: secretBox.seal(id, secret),
    created_at: now().getTime(),
  }
  const inserted = await insertWebhook(store, webhook, MOST_ENDPOINTS)
  if (!inserted) throw tooMany()
  log.info('webhook.registered', { webhookId: id })
  return { webhook: inserted, secret }
}

const tooMany = () =>
  quotaExceeded(
    `the tenant has ${MOST_ENDPOINTS} webhook endpoints`,
    `fewer than ${MOST_ENDPOINTS} webhook endpoints`,
  )

function assertProfiles({ profiles }: WebhookDeps, named: string[] | null): void {
  const unknown = named?.find((name) => !profiles.has(name))
  if (unknown !== undefined) throw unknownProfile(unknown, [...profiles.keys()])
}

export const listEndpoints = ({ store }: WebhookDeps, tenant: string): Promise<WebhookRow[]> =>
  listWebhooks(store, tenant)

/** Throws `not-found`, also for another tenant's. */
export async function requireWebhook(
  { store }: Pick<WebhookDeps, 'store'>,
  tenant: string,
  id: string,
): Promise<WebhookRow> {
  const webhook = await findWebhook(store, tenant, id)
  if (!webhook) throw notFound()
  return webhook
}

/** What it has not been sent yet becomes dead letters. */
export async function removeWebhook(deps: WebhookDeps, tenant: string, id: string): Promise<void> {
  await change(deps, tenant, id, () => deletion(deps.now()))
  deps.log.info('webhook.deleted', { webhookId: id })
}

/** Both secrets sign for `overlapSeconds`, so that receivers can change over without a gap. */
export async function rotateSecret(
  deps: WebhookDeps,
  tenant: string,
  { id, overlapSeconds }: { id: string; overlapSeconds: number },
): Promise<WithSecret> {
  const secret = newSecret()
  const until = addSeconds(deps.now(), overlapSeconds).getTime()
  const webhook = await change(deps, tenant, id, (present) => {
    const isKept = overlapSeconds > 0 && isReadable(deps.secretBox, present)
    return {
      secret: deps.secretBox.seal(id, secret),
      previous_secret: isKept ? present.secret : null,
      previous_until: isKept ? until : null,
    }
  })
  deps.log.info('webhook.rotated', { webhookId: id })
  return { webhook, secret }
}

export async function enableWebhook(
  deps: WebhookDeps,
  tenant: string,
  id: string,
): Promise<WebhookRow> {
  const webhook = await change(deps, tenant, id, () => ENABLED)
  deps.log.info('webhook.enabled', { webhookId: id })
  return webhook
}

/** Sends it an event that is about no upload. @returns the delivery's id. */
export async function testWebhook(deps: WebhookDeps, tenant: string, id: string): Promise<string> {
  const webhook = await requireWebhook(deps, tenant, id)
  if (webhook.state !== 'enabled') throw webhookNotEnabled(webhook.state)
  const at = deps.now()
  const receiver = { id, tenant, state: webhook.state }
  return announceTo(deps.store, testAnnouncement(deps.newId(), id, at), receiver, at)
}

async function change(
  deps: WebhookDeps,
  tenant: string,
  id: string,
  to: (present: WebhookRow) => Change,
): Promise<WebhookRow> {
  for (;;) {
    const present = await requireWebhook(deps, tenant, id)
    const changed = await changeWebhook(deps.store, present, to(present))
    if (changed) return changed
    // Somebody rotated or deleted it in between: look again, and decide about what is there now.
  }
}

export type { WebhookRow }
