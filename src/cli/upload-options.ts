/** What `berth upload` is told. */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError } from './usage.ts'

export type UploadArguments = {
  files: string[]
  url: string
  key: string
  profile: string | undefined
  /** Null: by the name of each file. */
  type: string | null
  metadata: Record<string, string>
  /** Files at a time. */
  jobs: number
  sha256: boolean
  wait: boolean
  resume: boolean
}

export const UPLOAD_USAGE = `berth upload FILE… --url U --key K

  --url U           where Berth is, such as https://berth.example
  --key K           an API key with uploads:write and uploads:read, or an upload token
  --key-file F      the same, from a file: other users of the machine see command lines
  --profile P       the upload policy; without it the default
  --type T          the content type of the files; without it by their names
  --meta NAME=VALUE metadata of the uploads; may be repeated
  --sha256          declare the SHA-256 of each file: it is read twice
  --jobs N          files at a time, 1 to 16; 3 without it
  --wait            until each is verified: then 0 means that all are ready
  --no-resume       do not go on with what an earlier run has begun

On a terminal it draws progress bars, otherwise it prints JSON lines. It can be interrupted, and goes on
when it is run again. Exit codes: 0 all sent (with --wait: ready), 1 some were not, 2 wrong usage.`

const MOST_JOBS = 16

const OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  'key-file': { type: 'string' },
  profile: { type: 'string' },
  type: { type: 'string' },
  meta: { type: 'string', multiple: true, default: [] as string[] },
  sha256: { type: 'boolean', default: false },
  jobs: { type: 'string', default: '3' },
  wait: { type: 'boolean', default: false },
  'no-resume': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Null: only help was asked for. Throws `UsageError`. */
export function parseUpload(args: string[]): UploadArguments | null {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  if (values.help) return null
  if (positionals.length === 0) throw new UsageError('expected berth upload FILE…')
  const { profile, type, sha256, wait } = values
  return {
    files: positionals,
    url: addressOf(values.url),
    key: keyOf(values.key, values['key-file']),
    profile,
    type: type ?? null,
    metadata: Object.fromEntries(values.meta.map(entryOf)),
    jobs: jobsOf(values.jobs),
    sha256,
    wait,
    resume: !values['no-resume'],
  }
}

function addressOf(url: string | undefined): string {
  if (url !== undefined && /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    return url
  throw new UsageError('expected --url with the address of Berth, such as https://berth.example')
}

function keyOf(key: string | undefined, file: string | undefined): string {
  const found = key ?? (file === undefined ? '' : readFileSync(file, 'utf8').trim())
  if (found !== '') return found
  throw new UsageError('expected --key or --key-file')
}

function entryOf(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new UsageError('expected --meta NAME=VALUE')
}

function jobsOf(text: string): number {
  const jobs = Number(text)
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS) return jobs
  throw new UsageError(`expected --jobs from 1 to ${MOST_JOBS}`)
}
