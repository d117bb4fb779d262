import { afterEach, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  const { status, stdout, stderr } = spawnSync('infra/check', [part], {
    env: { ...process.env, INFRA: root },
    encoding: 'utf8',
    timeout: 110_000,
  })
  return { status, said: stdout + stderr }
}

describe('infra/check turns red', () => {
  it.each([
    [
      'cloudformation',
      'aws/berth.yaml',
      '!GetAtt Bucket.Arn',
      '!GetAtt Bucket.Nonsense',
      'Nonsense',
    ],
    [
      'cloudformation',
      'aws/berth.yaml',
      'BlockPublicAcls: true',
      'BlockPublicAcls: maybe',
      'maybe',
    ],
    ['terraform', 'terraform/main.tf', 'var.origins', 'var.nowhere', 'tflint'],
    [
      'terraform',
      'terraform/main.tf',
      'bucket = var.bucket_name',
      'bucket   = var.bucket_name',
      '',
    ],
    ['dockerfile', 'Dockerfile', 'node:22.22.0-bookworm-slim', 'node:latest', 'DL3007'],
    ['compose', 'compose.yaml', 'condition: service_healthy', 'condition: service_fine', ''],
    ['compose', 'compose.yaml', 'read_only: true', 'readonly: true', 'readonly'],
    [
      'helm',
      'helm/berth/templates/deployments.yaml',
      'containerPort: 8080',
      'containerPort: http',
      '',
    ],
    ['helm', 'helm/berth/values.yaml', 'replicas: 2', 'replicas: two', 'replicas'],
    ['prometheus', 'prometheus/berth.rules.yaml', 'sum by (task) (', 'sum by (task', ''],
    [
      'prometheus',
      'prometheus/berth.rules.yaml',
      '> 300\n        for: 5m',
      '> 3000\n        for: 5m',
      '',
    ],
    ['nginx', 'nginx/minio.conf', 'proxy_request_buffering off;', 'proxy_request_buffer off;', ''],
    ['systemd', 'systemd/berth.service', 'ProtectSystem=strict', 'ProtectSystem=very', ''],
    ['systemd', 'systemd/berth.service', 'SystemCallFilter=@system-service', '', 'exposure'],
  ])(
    '%s: with a fault planted in %s (%s → %s)',
    (part, file, was, is, word) => {
      const { status, said } = check(part, plant(file, was, is))
      expect(status).not.toBe(0)
      expect(said.toLowerCase()).toContain(word.toLowerCase())
    },
    120_000,
  )
})
