/** For benches that ask as fast as they can, and whose slots all stay open: nothing is ever put. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROFILES = { profiles: { default: { openSlots: 10_000_000 } } }

/** @returns the variables of a Berth without these limits, and what removes the file they name. */
export function withoutQuota(): { env: Record<string, string>; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  const file = join(folder, 'profiles.json')
  writeFileSync(file, JSON.stringify(PROFILES))
  const env = { BERTH_PROFILES: file, RATE_LIMIT_PER_MINUTE: '0' }
  return { env, remove: () => rmSync(folder, { recursive: true }) }
}
