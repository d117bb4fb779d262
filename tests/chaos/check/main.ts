/** `check FOLDER`: prints the table; exit code 1 when anything is violated. */

import { readRun } from './read-run.ts'
import { checkAll, renderReport, violationsIn } from './report.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('expected the folder of a run')
const lines = checkAll(readRun(folder))
console.log(renderReport(lines))
process.exitCode = violationsIn(lines) === 0 ? 0 : 1
