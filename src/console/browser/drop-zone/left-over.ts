/** What an earlier visit has left unfinished: which upload a file belongs to, kept over a reload. */

import type { Memory } from '../../../client/index.ts'
import { Refused, type Api } from '../shared/call.ts'
import { isFinal, type Upload } from '../shared/records.ts'

const PREFIX = 'drop-zone:'

/** A page may be told to keep nothing, and is then asked for nothing either. */
export const MEMORY: Memory = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, id) => localStorage.setItem(PREFIX + key, id),
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
}

function remembered(): [string, string][] {
  try {
    const entries = Object.entries(localStorage) as [string, string][]
    return entries.filter(([key]) => key.startsWith(PREFIX))
  } catch {
    return []
  }
}

export function forget(id: string): void {
  for (const [key, value] of remembered()) if (value === id) localStorage.removeItem(key)
}

/** Those that still take bytes; what is over, or of another database, is forgotten. */
export async function listLeftOver(api: Api): Promise<Upload[]> {
  const found: Upload[] = []
  for (const [, id] of remembered()) {
    const upload = await recordOf(api, id)
    if (upload === null || isFinal(upload.state)) forget(id)
    else if (upload.state === 'pending') found.push(upload)
  }
  return found
}

async function recordOf(api: Api, id: string): Promise<Upload | null> {
  try {
    return await api.get<Upload>(`v1/uploads/${id}`)
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 404) return null
    throw error
  }
}
