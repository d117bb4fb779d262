/** The stories of webhooks with their dependencies bound. */

import { claimFor, dueEndpoints, isDeliveryDue, type Claim, type Turn } from './claim-deliveries.ts'
import { deliver } from './deliver.ts'
import { listDeliveryPage, redeliver, requireDelivery, type DeliveryFilter } from './deliveries.ts'
import { sweepDeliveries } from './sweep-deliveries.ts'
import type { WebhookDeps } from './webhook-deps.ts'
import {
  enableWebhook,
  listEndpoints,
  registerWebhook,
  removeWebhook,
  requireWebhook,
  rotateSecret,
  testWebhook,
  type EndpointTerms,
} from './webhooks.ts'

type Rotation = { id: string; overlapSeconds: number }

export const createWebhookStories = (deps: WebhookDeps) => ({
  registerWebhook: (tenant: string, terms: EndpointTerms) => registerWebhook(deps, tenant, terms),
  listWebhooks: (tenant: string) => listEndpoints(deps, tenant),
  findWebhook: (tenant: string, id: string) => requireWebhook(deps, tenant, id),
  removeWebhook: (tenant: string, id: string) => removeWebhook(deps, tenant, id),
  rotateSecret: (tenant: string, rotation: Rotation) => rotateSecret(deps, tenant, rotation),
  enableWebhook: (tenant: string, id: string) => enableWebhook(deps, tenant, id),
  testWebhook: async (tenant: string, id: string) =>
    requireDelivery(deps, tenant, await testWebhook(deps, tenant, id)),
  listDeliveryPage: (tenant: string, filter: DeliveryFilter, limit: number) =>
    listDeliveryPage(deps, tenant, filter, limit),
  redeliver: (tenant: string, id: string) => redeliver(deps, tenant, id),
  // For the clock:
  isDeliveryDue: () => isDeliveryDue(deps),
  dueEndpoints: (turn: Turn) => dueEndpoints(deps, turn),
  claimFor: (webhookId: string, limit: number) => claimFor(deps, webhookId, limit),
  deliver: (claim: Claim, stop: AbortSignal) => deliver(deps, claim, stop),
  sweepDeliveries: (batch: number) => sweepDeliveries(deps, batch),
})
