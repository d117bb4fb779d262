/** Profiles for benches whose slots all stay open: nothing is ever put. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROFILES = { profiles: { default: { openSlots: 10_000_000 } } }

/** @returns the variable that names the file, and what removes it. */
export function withoutQuota(): { env: Record<string, string>; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  const file = join(folder, 'profiles.json')
  writeFileSync(file, JSON.stringify(PROFILES))
  return { env: { BERTH_PROFILES: file }, remove: () => rmSync(folder, { recursive: true }) }
}
