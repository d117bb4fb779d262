/** How long a receiver asks to be left alone (RFC 9110, 10.2.3). */

/** @returns seconds; null when it says nothing that can be read. */
export function retryAfterSeconds(header: string | undefined): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const until = Date.parse(header)
  return Number.isNaN(until) ? null : Math.max(0, (until - Date.now()) / 1000)
}
