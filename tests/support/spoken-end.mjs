/** After a test run: fails it when any line or error body that was kept holds a secret. */

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { secretsIn } from './secrets-in.mjs'

const MOST_SHOWN = 20

export default function end() {
  const folder = process.env.BERTH_SPOKEN
  const said = (kind) => linesOf(folder, kind)
  const [lines, bodies, secrets] = [said('log'), said('error'), new Set(said('secret'))]
  const breaches = [...new Set(said('breach'))]
  const leaks = [...lines, ...bodies].flatMap((line) =>
    secretsIn(line, secrets).map((what) => `${what} in: ${line}`),
  )
  rmSync(folder, { recursive: true })
  process.stdout.write(
    `${lines.length} log lines, ${bodies.length} error bodies, ${leaks.length} secrets; ` +
      `${breaches.length} answers other than described\n`,
  )
  const found = [...leaks, ...breaches]
  if (found.length > 0) throw new Error(found.slice(0, MOST_SHOWN).join('\n'))
}

const linesOf = (folder, kind) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${kind}-`))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
