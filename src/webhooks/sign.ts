/** The headers of Standard Webhooks, with a signature by every secret that is alive. */

import { Webhook } from 'standardwebhooks'

export type Signable = { id: string; body: string; secrets: readonly string[] }

/** @param at the moment of this attempt: receivers refuse what is older than five minutes. */
export function signedHeaders({ id, body, secrets }: Signable, at: Date): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body))
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  }
}
