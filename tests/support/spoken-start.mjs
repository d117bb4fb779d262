/** Before a test run: where every Berth that it starts leaves what it says. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function start() {
  process.env.BERTH_SPOKEN = mkdtempSync(join(tmpdir(), 'berth-spoken-'))
}
