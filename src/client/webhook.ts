/** Webhooks, verified by the rules of Standard Webhooks with nothing but Web Crypto. */

import type { Upload } from './record.ts'

export type WebhookEvent = {
  /** The same on every attempt: remember it, and do the work once. */
  id: string
  type:
    | 'upload.ready'
    | 'upload.rejected'
    | 'upload.expired'
    | 'upload.canceled'
    | 'upload.failed'
    | 'upload.deleted'
    | 'webhook.test'
  /** When the upload got there (RFC 3339). */
  timestamp: string
  /** The record; of `webhook.test`, the id of the endpoint alone. */
  data: Upload
}

export type WebhookRequest = {
  /** As it came, before any parsing. */
  body: string | Uint8Array
  /** `Headers`, or what Node and its frameworks call so. */
  headers: Headers | Record<string, string | string[] | undefined>
}

export type WebhookRules = {
  /** Seconds that the message may be old, or ahead of this clock; 300 without it. */
  toleranceSeconds?: number
  /** Milliseconds since 1970. */
  now?: number
}

const USUAL_TOLERANCE_SECONDS = 300

/** Not from Berth, changed, or too old: answer 400. The message says which. */
export class InvalidWebhook extends Error {
  override readonly name = 'InvalidWebhook'
}

/**
 * @param secret `whsec_…`; several while it is being changed.
 * @returns what was sent. Rejects with `InvalidWebhook`.
 */
export async function verifyWebhook(
  { body, headers }: WebhookRequest,
  secret: string | readonly string[],
  rules: WebhookRules = {},
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    headerOf(headers, `webhook-${name}`),
  ) as [string, string, string]
  assertTimely(timestamp, rules)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes)
  for (const each of typeof secret === 'string' ? [secret] : secret) {
    if (await isSigned(signed, signatures, each)) return eventOf(id, bytes)
  }
  throw new InvalidWebhook('no signature holds: another secret, or the body is not as it came')
}

function headerOf(headers: WebhookRequest['headers'], name: string): string {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  if (typeof found === 'string' && found !== '') return found
  throw new InvalidWebhook(`the header ${name} is missing`)
}

function assertTimely(timestamp: string, { toleranceSeconds, now = Date.now() }: WebhookRules) {
  const age = now / 1000 - (/^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN)
  if (Math.abs(age) <= (toleranceSeconds ?? USUAL_TOLERANCE_SECONDS)) return
  throw new InvalidWebhook('the message is too old, or one of the clocks is wrong')
}

async function isSigned(signed: Uint8Array<ArrayBuffer>, signatures: string, secret: string) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const raw = fromBase64(secret.replace(/^whsec_/, ''))
  if (!raw) throw new Error('the secret is not one of Berth: expected whsec_ and base64')
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify'])
  for (const each of signatures.split(' ')) {
    const signature = each.startsWith('v1,') ? fromBase64(each.slice(3)) : null
    // Web Crypto compares in constant time.
    if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) return true
  }
  return false
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

const eventOf = (id: string, bytes: Uint8Array): WebhookEvent => ({
  ...(JSON.parse(new TextDecoder().decode(bytes)) as Omit<WebhookEvent, 'id'>),
  id,
})
