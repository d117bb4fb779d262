/** What compose runs in the image of mc, in which there is a shell and mc and no other program. */

import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { createBerth, type Berth } from '../support/berth.ts'
import { cached, freePort } from '../support/processes.ts'
import { EVENTS_TOKEN } from '../support/world.ts'
import { environmentFor, runDoctor, WITH_EVENTS } from './doctor-setup.ts'
import { bucketConfigFor, ROOT, startMinio, type RealStore } from './servers.ts'
import { uploadOnce } from './upload-once.ts'

const secretOf = (who: string): string => `a-secret-of-the-${who}`
const userOf = (who: string) => ({ accessKeyId: `berth-${who}`, secretAccessKey: secretOf(who) })

let berth: Berth
let store: RealStore
let folder: string
let config: BucketConfig
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-compose-'))
  symlinkSync(cached('mc'), join(folder, 'mc'))
  const port = await freePort()
  config = {
    ...bucketConfigFor(`http://127.0.0.1:${port}`),
    name: 'uploads',
    signer: userOf('signer'),
    reader: userOf('reader'),
    keeper: userOf('keeper'),
  }
  berth = await createBerth(config)
  const webhook = { url: `${berth.url}/events/s3`, token: EVENTS_TOKEN, queue: true }
  store = await startMinio(webhook, port)
})
afterAll(async () => {
  await berth.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

function setUpBucket(): void {
  const env = {
    PATH: folder,
    HOME: folder,
    STORE: store.url,
    POLICIES: 'infra/bucket',
    MINIO_ROOT_USER: ROOT.accessKeyId,
    MINIO_ROOT_PASSWORD: ROOT.secretAccessKey,
    S3_SIGNER_SECRET_ACCESS_KEY: secretOf('signer'),
    S3_READER_SECRET_ACCESS_KEY: secretOf('reader'),
    S3_KEEPER_SECRET_ACCESS_KEY: secretOf('keeper'),
    S3_ADMIN_SECRET_ACCESS_KEY: secretOf('doctor'),
  }
  execFileSync('/bin/bash', ['infra/compose/set-up-bucket'], { env, stdio: 'pipe' })
}

it('set-up-bucket makes a bucket that an upload goes through, and may run again', async () => {
  setUpBucket()
  setUpBucket()
  await berth.start()
  expect(await uploadOnce(berth)).toEqual(['api', 'event', 'worker', 'worker'])
})

it('the doctor can read every setting as the user that it has there', async () => {
  const doctor = userOf('doctor')
  const env = environmentFor(config, {
    ...WITH_EVENTS,
    DATABASE_URL: `file:${berth.databaseFile}`,
    S3_ADMIN_ACCESS_KEY_ID: doctor.accessKeyId,
    S3_ADMIN_SECRET_ACCESS_KEY: doctor.secretAccessKey,
  })
  const { rows } = await runDoctor(env)
  const others = rows.filter(({ outcome }) => outcome !== 'holds').map(({ check }) => check)
  // Without TLS and without the proxy, which are not part of this test.
  expect(others).toEqual(['public-endpoint', 'forgery'])
})
