/** A large file in parts: those that the store holds already are not sent again. */

import type { Api } from '../shared/call.ts'
import { put, type Sending, type Target } from './put.ts'

type InParts = { id: string; size: number; count: number }
type Part = Target & { partNumber: number; size: number }
type Held = { partNumber: number; size: number }

const URLS_AT_ONCE = 10

/** One part after the other: whoever pauses or leaves wastes one part at most. */
export async function putParts(
  api: Api,
  { id, size, count }: InParts,
  file: File,
  { progress, signal }: Sending,
): Promise<void> {
  const path = `v1/uploads/${id}/parts`
  const { parts: held } = await api.get<{ parts: Held[] }>(path, signal)
  const there = new Set(held.map(({ partNumber }) => partNumber))
  const missing = Array.from({ length: count }, (_, nth) => nth + 1).filter((n) => !there.has(n))
  let sent = held.reduce((sum, part) => sum + part.size, 0)
  for (let from = 0; from < missing.length; from += URLS_AT_ONCE) {
    const partNumbers = missing.slice(from, from + URLS_AT_ONCE)
    const { parts } = await api.post<{ parts: Part[] }>(path, { partNumbers }, signal)
    for (const part of parts) {
      const start = (part.partNumber - 1) * size
      const before = sent
      const more = (now: number): void => progress(before + now)
      await put(part, file.slice(start, start + part.size), { progress: more, signal })
      sent += part.size
    }
  }
}
