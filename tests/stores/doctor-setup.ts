/** Set-ups for the doctor: users with the shipped policies, its environment, and one run of it. */

import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BucketConfig, StorageCredentials } from '../../src/bucket/config.ts'
import type { Finding } from '../../src/bucket/doctor/finding.ts'
import type { Report } from '../../src/cli/doctor/report.ts'
import { cached } from '../support/processes.ts'
import { BUCKET, EVENTS_TOKEN, RECEIPT_KEY } from '../support/world.ts'
import { ROOT } from './servers.ts'

export const ORIGIN = 'https://app.example'

type Users = Record<'signer' | 'reader' | 'keeper', StorageCredentials>

/** MinIO's admin API, by its own client. */
export function mc(url: string, ...args: string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'berth-mc-'))
  const host = url.replace('://', `://${ROOT.accessKeyId}:${ROOT.secretAccessKey}@`)
  const env = { HOME: folder, PATH: process.env['PATH'], MC_HOST_berth: host }
  execFileSync(cached('mc'), ['--quiet', ...args], { env, stdio: 'pipe' })
  rmSync(folder, { recursive: true })
}

/** One user for each credential, with just the policy that is shipped for it. */
export function createUsers(url: string): Users {
  const folder = mkdtempSync(join(tmpdir(), 'berth-policies-'))
  const make = (who: keyof Users): StorageCredentials => {
    const accessKeyId = `berth-${who}`
    const secretAccessKey = `a-secret-of-the-${who}-1`
    const policy = join(folder, `${who}.json`)
    const shipped = readFileSync(`infra/bucket/${who}-policy.json`, 'utf8')
    writeFileSync(policy, shipped.replaceAll('BUCKET', BUCKET))
    mc(url, 'admin', 'policy', 'create', 'berth', accessKeyId, policy)
    mc(url, 'admin', 'user', 'add', 'berth', accessKeyId, secretAccessKey)
    mc(url, 'admin', 'policy', 'attach', 'berth', accessKeyId, '--user', accessKeyId)
    return { accessKeyId, secretAccessKey }
  }
  const users = { signer: make('signer'), reader: make('reader'), keeper: make('keeper') }
  rmSync(folder, { recursive: true })
  return users
}

const pairOf = (who: string, credentials: StorageCredentials | null) =>
  credentials && {
    [`S3_${who}_ACCESS_KEY_ID`]: credentials.accessKeyId,
    [`S3_${who}_SECRET_ACCESS_KEY`]: credentials.secretAccessKey,
  }

/** @param change variables that win. */
export function environmentFor(
  bucket: BucketConfig,
  change: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const key = RECEIPT_KEY.privateKey.export({ type: 'pkcs8', format: 'pem' })
  return {
    PATH: process.env['PATH'],
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    DATABASE_URL: 'file:/nowhere/berth.db',
    TOKEN_SECRET: 'a secret for tests that is long enough',
    RECEIPT_PRIVATE_KEY: key.toString(),
    CORS_ORIGINS: ORIGIN,
    S3_ENDPOINT: bucket.endpoint ?? '',
    S3_BUCKET: bucket.name,
    S3_FORCE_PATH_STYLE: 'on',
    ...pairOf('SIGNER', bucket.signer),
    ...pairOf('READER', bucket.reader),
    ...pairOf('KEEPER', bucket.keeper),
    ...change,
  }
}

/** What makes Berth expect events at /events/s3. */
export const WITH_EVENTS = { EVENTS_S3_TOKEN: EVENTS_TOKEN }

/** Reads and writes the settings of a test store. */
export const AS_ADMIN = {
  S3_ADMIN_ACCESS_KEY_ID: ROOT.accessKeyId,
  S3_ADMIN_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
}

export type Diagnosis = Report & { ok: boolean; code: number; row: (check: string) => Finding }

/** The built program as an operator runs it. @param under a command that runs it, such as faketime. */
export async function runDoctor(
  env: NodeJS.ProcessEnv,
  args: string[] = [],
  under: string[] = [],
): Promise<Diagnosis> {
  const words = [...under, process.execPath, 'dist/main.js', 'doctor', '--json', ...args]
  const ended = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(words[0] ?? '', words.slice(1), { env, timeout: 90_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
  if (ended.stdout === '') throw new Error(`the doctor said nothing: ${ended.stderr}`)
  const report = JSON.parse(ended.stdout) as Report & { ok: boolean }
  const row = (check: string): Finding => {
    const found = report.rows.find((one) => one.check === check)
    if (!found) throw new Error(`no row ${check}: ${ended.stdout}`)
    return found
  }
  return { ...report, code: ended.code, row }
}
