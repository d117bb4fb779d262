/** What the benches recorded, as a table and as tests/bench/bench.json. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, homedir, totalmem } from 'node:os'
import { join } from 'node:path'

const FOLDER = join('test-output', 'bench')
const PEERS = join(process.env.BERTH_CACHE ?? join(homedir(), '.cache', 'berth'), 'bench-peers')

const sections = readdirSync(FOLDER).map((name) =>
  JSON.parse(readFileSync(join(FOLDER, name), 'utf8')),
)
const verdicts = sections.flatMap((section) => section.verdicts)
const found = Object.fromEntries(sections.map((section) => [section.section, section.found]))

const versionOf = (name) =>
  JSON.parse(readFileSync(join(PEERS, 'node_modules', name, 'package.json'), 'utf8')).version

const [cpu] = cpus()
const report = {
  at: new Date().toISOString(),
  machine: {
    processor: cpu?.model ?? 'unknown',
    processors: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    platform: `${process.platform} ${process.arch}`,
  },
  versions: {
    node: process.versions.node,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    ...Object.fromEntries(
      ['@uppy/companion', 'better-upload', 'express', '@aws-sdk/client-s3', 'autocannon'].map(
        (name) => [name, versionOf(name)],
      ),
    ),
  },
  ...found,
  must: verdicts,
}
writeFileSync(join('tests', 'bench', 'bench.json'), `${JSON.stringify(report, null, 2)}\n`)

const print = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column]))
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
  process.stdout.write('\n')
}

if (found.slots) {
  const echo = found.slots.find(({ name }) => name === 'express-echo').perSecond
  print([
    ['slots', 'per second', 'least to most', 'of the echo', 'p99, ms', 'durable'],
    ...found.slots.map(({ name, perSecond, least, most, p99Ms, durable }) => [
      name,
      perSecond.toFixed(0),
      `${least.toFixed(0)} to ${most.toFixed(0)}`,
      `${((100 * perSecond) / echo).toFixed(0)} %`,
      String(p99Ms),
      durable ? 'yes' : 'no',
    ]),
  ])
}
print([
  ['what', 'must', 'measured', ''],
  ...verdicts.map(({ work, must, measured, held }) => [
    work,
    must,
    measured.toFixed(2),
    held ? 'held' : 'MISSED',
  ]),
])
