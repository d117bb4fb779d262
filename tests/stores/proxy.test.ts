import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, isAlive, run, until, type Running } from '../support/processes.ts'
import { BUCKET } from '../support/world.ts'
import { createUsers, environmentFor, runDoctor } from './doctor-setup.ts'
import { startMinio, type RealStore } from './servers.ts'

let store: RealStore
let proxy: Running
let folder: string
let env: NodeJS.ProcessEnv

/** The shipped sample with the names of this machine in it. */
function sampleFor(port: number, minio: string): string {
  const changes: [RegExp, string][] = [
    [/listen 443 ssl http2/, `listen 127.0.0.1:${port} ssl http2`],
    [/server 127\.0\.0\.1:9000/, `server ${minio.replace('http://', '')}`],
    [/location \/uploads\//, `location /${BUCKET}/`],
    [/ssl_certificate .*/, `ssl_certificate ${folder}/cert.pem;`],
    [/ssl_certificate_key .*/, `ssl_certificate_key ${folder}/key.pem;`],
    [/access_log \S+/, `access_log ${folder}/access.log`],
  ]
  const sample = readFileSync('infra/nginx/minio.conf', 'utf8')
  const http = changes.reduce((text, [was, is]) => {
    if (!was.test(text)) throw new Error(`the sample has no ${String(was)}`)
    return text.replace(was, is)
  }, sample)
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return [
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}`,
    `http { ${scratch.join(' ')} ${http} }`,
  ].join('\n')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-proxy-'))
  store = await startMinio(null)
  const port = await freePort()
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const keyType = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...keyType, ...subject, ...files], {
    stdio: 'pipe',
  })
  writeFileSync(join(folder, 'nginx.conf'), sampleFor(port, store.url))
  proxy = run('nginx', ['-c', join(folder, 'nginx.conf')], process.env)
  await until('nginx', () => {
    if (!isAlive(proxy)) throw new Error(proxy.output())
    return answers(port)
  })
  env = environmentFor(
    { ...store.config, ...createUsers(store.url) },
    { S3_PUBLIC_ENDPOINT: `https://localhost:${port}`, NODE_EXTRA_CA_CERTS: `${folder}/cert.pem` },
  )
}, 90_000)
afterAll(async () => {
  await proxy.end()
  await store.close()
  rmSync(folder, { recursive: true })
})

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

describe('the sample of a proxy before MinIO', () => {
  it('lets everything through that a slot, a download and a browser need', async () => {
    const found = await runDoctor(env)
    for (const check of [
      'slot',
      'size',
      'content-type',
      'sha256',
      'single-use',
      'download',
      'cors',
    ]) {
      expect(found.row(check)).toEqual({ ...found.row(check), check, outcome: 'holds' })
    }
    expect(found.ok).toBe(true)
  }, 60_000)

  it('keeps out the bodies whose signature MinIO passes over', async () => {
    expect((await runDoctor(env)).row('forgery')).toMatchObject({
      outcome: 'holds',
      found: '403, 403 and 403, 403',
    })
    const bare = { ...env, S3_PUBLIC_ENDPOINT: store.url }
    expect((await runDoctor(bare)).row('forgery')).toMatchObject({ outcome: 'weaker' })
  }, 60_000)

  it('writes no signature into its log', async () => {
    await runDoctor(env)
    const log = readFileSync(join(folder, 'access.log'), 'utf8')
    expect(log).toContain(`PUT /${BUCKET}/staging/doctor-`)
    expect(log).not.toContain('X-Amz-')
  }, 60_000)
})
