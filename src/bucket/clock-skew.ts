/** How far the store's clock is from ours: beyond 15 minutes stores refuse every signature. */

import type { S3Client } from '@aws-sdk/client-s3'

/** @returns seconds that the store was ahead in its last answer; null before the first. */
export function watchClock(client: S3Client, now: () => Date): () => number | null {
  let skewSeconds: number | null = null
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = now().getTime()
      const result = await next(args)
      const told = Date.parse(dateOf(result.response))
      // The store wrote its date somewhere between the two; a late answer tells little.
      const heardAt = now().getTime()
      if (!Number.isNaN(told) && heardAt - sentAt < LATE_MS) {
        skewSeconds = skewBetween(told, sentAt, heardAt)
      }
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'watchClock' },
  )
  return () => skewSeconds
}

const LATE_MS = 5_000

/** The header has whole seconds, rounded down. */
const skewBetween = (told: number, sentAt: number, heardAt: number): number => {
  if (told + 1000 > sentAt && told <= heardAt) return 0
  return Math.round((told + 500 - (sentAt + heardAt) / 2) / 100) / 10
}

function dateOf(response: unknown): string {
  const headers = (response as { headers?: Record<string, string> }).headers
  return headers?.['date'] ?? ''
}
