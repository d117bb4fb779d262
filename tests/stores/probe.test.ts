import { expect, it } from '@jest/globals'
import { createBucket } from '../../src/bucket/bucket.ts'
import { probeBucket } from '../../src/bucket/probe.ts'
import { startMinio, startVersitygw } from './servers.ts'

it.each([
  ['MinIO', startMinio],
  ['versitygw', startVersitygw],
])(
  'the probe finds that %s enforces everything, and leaves nothing behind',
  async (_name, start) => {
    const store = await start(null)
    const bucket = createBucket(store.config)
    const folder = 'staging/doctor-test/'
    const probing = { bucket: store.config.name, folder, now: () => new Date() }
    expect(await probeBucket(bucket, probing)).toEqual({
      size: 'storage',
      contentType: 'storage',
      sha256: 'storage',
      singleUse: 'storage',
    })
    for await (const { key } of bucket.list(store.config.name, '')) throw new Error(`left: ${key}`)
    await store.close()
  },
)
