/** The chaos run: clients, faults, quiet, export; then the checker, in a process of its own. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { watchForTheEnd } from './cluster/process.ts'
import { readOptions } from './options.ts'
import { runChaos } from './run-chaos.ts'
import { summarize } from './summary.ts'

const CHECKER = fileURLToPath(new URL('./check/main.js', import.meta.url))

watchForTheEnd()
let isClean = true
for (const options of readOptions(process.env)) {
  console.log(`chaos: mode ${options.mode}, ${options.uploads} uploads, seed ${options.seed}`)
  const told = await runChaos(options)
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECKER, options.folder])
  console.log(`${stdout.toString()}${stderr.toString()}`)
  const { line, isFine } = summarize(options, told, status === 0)
  console.log(line)
  isClean &&= isFine
}
process.exit(isClean ? 0 : 1)
