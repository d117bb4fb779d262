import { afterEach, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | null = null
afterEach(() => {
  if (folder !== null) rmSync(folder, { recursive: true })
  folder = null
})

/** A copy of infra/ in which this file has that instead of this. */
function plant(file: string, was: string, is: string): string {
  folder = mkdtempSync(join(tmpdir(), 'berth-infra-'))
  cpSync('infra', folder, { recursive: true })
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(was)) throw new Error(`${file} does not hold ${was}`)
  writeFileSync(path, text.replace(was, is))
  return folder
}

function check(part: string, root: string) {
  const { status, stdout, stderr } = spawnSync(join('infra', 'check'), [part], {
    env: { ...process.env, INFRA: root },
    encoding: 'utf8',
    timeout: 110_000,
  })
  return { status, said: stdout + stderr }
}

const FAULTS: [part: string, file: string, was: string, is: string][] = [
  ['cloudformation', 'aws/berth.yaml', '!GetAtt Bucket.Arn', '!GetAtt Bucket.Nonsense'],
  ['cloudformation', 'aws/berth.yaml', 'BlockPublicAcls: true', 'BlockPublicAcls: maybe'],
  ['terraform', 'terraform/main.tf', 'var.origins', 'var.nowhere'],
  ['terraform', 'terraform/main.tf', 'bucket = var.bucket_name', 'bucket   = var.bucket_name'],
  ['dockerfile', 'Dockerfile', 'node:22.22.0-bookworm-slim', 'node:latest'],
  ['compose', 'compose.yaml', 'condition: service_healthy', 'condition: service_fine'],
  ['compose', 'compose.yaml', 'read_only: true', 'readonly: true'],
  ['helm', 'helm/berth/templates/deployments.yaml', 'containerPort: 8080', 'containerPort: http'],
  ['helm', 'helm/berth/values.yaml', 'replicas: 2', 'replicas: two'],
  ['prometheus', 'prometheus/berth.rules.yaml', 'sum by (task) (', 'sum by (task'],
  [
    'prometheus',
    'prometheus/berth.rules.yaml',
    '_oldest_seconds) > 300',
    '_oldest_seconds) > 3000',
  ],
  ['prometheus', 'prometheus/berth.rules.yaml', ' or absent(up{job="berth"})', ''],
  ['nginx', 'nginx/minio.conf', 'proxy_request_buffering off;', 'proxy_request_buffer off;'],
  ['systemd', 'systemd/berth.service', 'ProtectSystem=strict', 'ProtectSystem=very'],
  ['systemd', 'systemd/berth.service', 'SystemCallFilter=@system-service', ''],
]

describe('the checkers of the description and of the package', () => {
  const scratch = (): string => (folder = mkdtempSync(join(tmpdir(), 'berth-infra-')))
  const ended = (command: string, args: string[], cwd = '.') =>
    spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 110_000 }).status

  it('redocly is green as it is, and turns red when two operations have one name', () => {
    const file = join(scratch(), 'openapi.json')
    const lint = ['lint', '--config', 'redocly.yaml', file]
    const text = readFileSync('openapi.json', 'utf8')
    writeFileSync(file, text)
    expect(ended('node_modules/.bin/redocly', lint)).toBe(0)
    // By their depth: a link names an operation, too.
    const [first = '', second = ''] = text.match(/^ {8}"operationId": "[^"]+"/gm) ?? []
    writeFileSync(file, text.replace(new RegExp(`^${second}`, 'm'), first))
    expect(ended('node_modules/.bin/redocly', lint)).not.toBe(0)
  }, 120_000)

  it('publint is green as it is, and turns red when an export leads nowhere', () => {
    const [tarball = ''] = readdirSync('test-output/package').filter((name) => /tgz$/.test(name))
    const to = scratch()
    const unpack = ['-xzf', join('test-output/package', tarball), '-C', to, '--strip-components=1']
    expect(ended('tar', unpack)).toBe(0)
    const publint = join(process.cwd(), 'node_modules/.bin/publint')
    expect(ended(publint, ['--strict', '--pack=false'], to)).toBe(0)
    rmSync(join(to, 'dist/client/index.js'))
    expect(ended(publint, ['--strict', '--pack=false'], to)).not.toBe(0)
  }, 120_000)
})

describe('infra/check', () => {
  // Or a checker that is missing would turn everything red.
  it.each([...new Set(FAULTS.map(([part]) => part))])(
    '%s is green as it is',
    (part) => expect(check(part, 'infra')).toMatchObject({ status: 0 }),
    120_000,
  )

  it.each(FAULTS)(
    '%s turns red with a fault planted in %s: %s → %s',
    (part, file, was, is) => expect(check(part, plant(file, was, is)).status).not.toBe(0),
    120_000,
  )
})
