/**
 * Buckets that keep versions, with the shipped policies. MinIO copies a version for whoever may read the object; S3
 * asks for s3:GetObjectVersion besides, which only tests/infra-files can hold here.
 */

import {
  DeleteBucketLifecycleCommand,
  PutBucketVersioningCommand,
  type BucketVersioningStatus,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBucket } from '../../src/bucket/bucket.ts'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { createBerth, type Berth } from '../support/berth.ts'
import { send } from '../support/raw-put.ts'
import { someBytes } from '../support/uploads.ts'
import { BUCKET } from '../support/world.ts'
import { AS_ADMIN, createUsers, environmentFor, runDoctor } from './doctor-setup.ts'
import { rootClient, startMinio, type RealStore } from './servers.ts'
import { uploadOnce } from './upload-once.ts'

let store: RealStore
let config: BucketConfig
let berth: Berth
beforeAll(async () => {
  store = await startMinio(null)
  config = { ...store.config, ...createUsers(store.url) }
  berth = await createBerth(config)
  await berth.start()
})
afterAll(async () => {
  await berth.close()
  await store.close()
})

const setVersioning = (Status: BucketVersioningStatus) =>
  rootClient(store.url).send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status } }),
  )

// In this order: a bucket whose versions are suspended still has those of before.
describe.each<BucketVersioningStatus>(['Enabled', 'Suspended'])('versioning %s', (status) => {
  beforeAll(() => setVersioning(status))

  it('an upload becomes ready', async () => {
    expect((await uploadOnce(berth)).at(-1)).toBe('worker')
  })

  it('the doctor lets old versions go, which nothing else does', async () => {
    await rootClient(store.url).send(new DeleteBucketLifecycleCommand({ Bucket: BUCKET }))
    const env = environmentFor(config, {
      ...AS_ADMIN,
      DATABASE_URL: `file:${berth.databaseFile}`,
    })
    const now = status === 'Enabled' ? 'on' : 'suspended'
    const kept = (await runDoctor(env)).row('versioning')
    expect(kept).toMatchObject({ outcome: 'weaker', found: expect.stringMatching(`^${now},`) })
    const fixed = await runDoctor(env, ['--fix'])
    expect(fixed.row('versioning').found).toBe(`${now}, old versions expire`)
  }, 60_000)
})

it('the copy is of the version that was seen, though another has been put over it since', async () => {
  await setVersioning('Enabled')
  const bucket = createBucket(config)
  const root = createBucket(store.config)
  const place = { bucket: BUCKET, key: `staging/upl_${'e'.repeat(32)}/${'f'.repeat(32)}` }
  const putOf = async (size: number): Promise<number> => {
    const terms = { size, contentType: 'image/png', sha256: null, ttlSeconds: 60 }
    const slot = await root.presignPut(place, terms, new Date())
    return send(slot, someBytes(size))
  }
  expect(await putOf(40)).toBe(200)
  const seen = await bucket.head(place)
  expect(seen?.versionId).toEqual(expect.any(String))
  await bucket.remove(place)
  expect(await putOf(41)).toBe(200)
  const as = { size: 40, etag: '', versionId: null, contentType: 'image/png', ...seen }
  const sealed = { ...place, key: place.key.replace('staging', 'objects') }
  expect(await bucket.claim(place, sealed.key, as)).toBe('claimed')
  expect(await bucket.head(sealed)).toMatchObject({ size: 40 })
})
