/** The secrets that an endpoint's messages are signed with: one, or two while it is changed over. */

import { randomBytes } from 'node:crypto'
import type { SecretBox } from '../webhooks/secret-box.ts'

const SECRET_BYTES = 32

export const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`

type Sealed = {
  webhook_id: string
  secret: string
  previous_secret: string | null
  previous_until: number | null
}

/** The present one first. Throws when they were sealed under another TOKEN_SECRET. */
export function livingSecrets(box: SecretBox, sealed: Sealed, at: Date): string[] {
  const { webhook_id, secret, previous_secret, previous_until } = sealed
  const present = box.open(webhook_id, secret)
  if (previous_secret === null || (previous_until ?? 0) <= at.getTime()) return [present]
  return [present, box.open(webhook_id, previous_secret)]
}

/** False for one that was sealed under another TOKEN_SECRET: it can only be replaced. */
export function isReadable(
  box: SecretBox,
  { id, secret }: { id: string; secret: string },
): boolean {
  try {
    box.open(id, secret)
    return true
  } catch {
    return false
  }
}
