/**
 * Schemathesis against a Berth of its own, on the embedded store: every check, stateful, as two tenants
 * at once, each of which must never be shown what is the other's. SCHEMATHESIS_SECONDS: how long;
 * SCHEMATHESIS_SEED: the same cases again.
 */

import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const seconds = Number(process.env.SCHEMATHESIS_SECONDS ?? 75)
const seed = process.env.SCHEMATHESIS_SEED
const cache = process.env.BERTH_CACHE ?? join(homedir(), '.cache', 'berth')
const schemathesis = join(cache, 'venv-schemathesis', 'bin', 'schemathesis')
const TENANTS = ['tenant-a', 'tenant-b']
const EVENTBRIDGE_KEY = randomBytes(24).toString('hex')
const PATIENCE_MS = 60_000
/** Past its time a run may still be shrinking what it found. */
const GRACE_SECONDS = 120

const folder = mkdtempSync(join(tmpdir(), 'berth-schemathesis-'))
const reports = join('test-output', 'schemathesis')
mkdirSync(reports, { recursive: true })

const berth = start()
let failed = true
try {
  const url = await berth.url
  failed = await test(url)
} finally {
  await berth.end()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)

function start() {
  const profiles = join(folder, 'profiles.json')
  const roomy = { maxSize: '1TiB', minSize: 0, openSlots: 1_000_000_000, reservedBytes: '4000TiB' }
  writeFileSync(profiles, JSON.stringify({ profiles: { default: roomy } }))
  const env = {
    ...process.env,
    PORT: '0',
    BERTH_DATA: join(folder, 'data'),
    BERTH_PROFILES: profiles,
    RATE_LIMIT_PER_MINUTE: '10000000',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '10000000',
    EVENTS_EVENTBRIDGE_KEY: EVENTBRIDGE_KEY,
    SEND_WEBHOOKS: 'off',
    LOG_LEVEL: 'warn',
  }
  const child = spawn(process.execPath, ['dist/dev/start.js'], { env })
  const deadline = setTimeout(() => child.kill('SIGKILL'), (seconds + 3 * GRACE_SECONDS) * 1000)
  let said = ''
  const keep = (chunk) => (said += chunk.toString())
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return {
    said: () => said,
    url: untilSaid(() => said, /page +(http:\/\/[^/\s]+)/),
    end: async () => {
      clearTimeout(deadline)
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function untilSaid(said, pattern) {
  const giveUpAt = Date.now() + PATIENCE_MS
  while (Date.now() < giveUpAt) {
    const found = pattern.exec(said())
    if (found) return found[1]
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`Berth did not start: ${said()}`)
}

/** @returns whether anything was found. */
async function test(url) {
  const keys = TENANTS.map(keyOf)
  const tenants = writeTenants(keys)
  const runs = await Promise.all(
    TENANTS.map((tenant, nth) => runAs({ tenant, key: keys[nth], tenants, url })),
  )
  const faults = berth
    .said()
    .split('\n')
    .filter((line) => /"statusCode":5\d\d/.test(line))
  for (const { tenant, said, code } of runs) {
    const [, cases = 'none'] = /Test cases:\s+(.+)/.exec(said) ?? []
    const [, answers = 'none'] = /^answers (.+)$/m.exec(said) ?? []
    print(`${tenant}: exit code ${code}; cases: ${cases}; answers by status: ${answers}`)
  }
  print(`answers with a 5xx in Berth's log: ${faults.length}`)
  faults.slice(0, 10).forEach(print)
  return faults.length > 0 || runs.some(({ code, said }) => code !== 0 || !/^answers /m.test(said))
}

function writeTenants(keys) {
  const path = join(folder, 'tenants.json')
  const auth = TENANTS.map((name, nth) => ({
    name,
    fixedHeaders: [{ name: 'Authorization', value: `Bearer ${keys[nth]}` }],
  }))
  writeFileSync(path, JSON.stringify({ auth }))
  return path
}

function keyOf(tenant) {
  const env = { ...process.env, DATABASE_URL: `file:${join(folder, 'data', 'berth.db')}` }
  const scopes = 'uploads:read,uploads:write,admin'
  const words = ['dist/main.js', 'keys', 'create', '--tenant', tenant, '--scopes', scopes]
  return execFileSync(process.execPath, words, { env }).toString().trim()
}

function runAs({ tenant, key, tenants, url }) {
  const { eventsToken } = JSON.parse(readFileSync(join(folder, 'data', 'secrets.json'), 'utf8'))
  const words = [
    '--config-file=tests/schemathesis/schemathesis.toml',
    'run',
    `${url}/openapi.json`,
    `--url=${url}`,
    `--max-time=${seconds}`,
    ...(seed ? [`--seed=${BigInt(seed) + BigInt(TENANTS.indexOf(tenant))}`] : []),
    '--checks=all',
    // Ours, what_was_removed_is_gone, judges that.
    '--exclude-checks=use_after_free',
    '--no-color',
    `--report-ndjson-path=${join(reports, `${tenant}.ndjson`)}`,
  ]
  const env = {
    ...process.env,
    EVENTS_S3_TOKEN: eventsToken,
    EVENTS_EVENTBRIDGE_KEY: EVENTBRIDGE_KEY,
    SCHEMATHESIS_TENANTS: tenants,
    SCHEMATHESIS_TENANT: tenant,
    SCHEMATHESIS_KEY: key,
  }
  const child = spawn(schemathesis, words, { env })
  const deadline = setTimeout(() => child.kill('SIGKILL'), (seconds + GRACE_SECONDS) * 1000)
  let said = ''
  const keep = (chunk) => (said += chunk.toString())
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve) =>
    child.once('exit', (code) => {
      clearTimeout(deadline)
      print(`\n===== ${tenant}\n${said}`)
      resolve({ tenant, said, code: code ?? 1 })
    }),
  )
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
