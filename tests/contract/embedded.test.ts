import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountsFor } from '../../src/dev/accounts.ts'
import { startObjectStore } from '../../src/dev/object-store/object-store.ts'
import { BUCKET, bucketConfig, SECRETS } from '../support/world.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeMultipartContract } from './multipart-contract.ts'

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'berth-contract-'))
  const objects = await startObjectStore({
    folder,
    region: 'us-east-1',
    accounts: accountsFor(SECRETS),
    buckets: [BUCKET],
    port: 0,
    events: null,
  })
  return {
    config: bucketConfig(objects.url),
    close: async () => {
      await objects.close()
      rmSync(folder, { recursive: true })
    },
  }
}

describeBucketContract('embedded store', async () => ({
  ...(await start()),
  capabilities: {
    enforcesChecksum: true,
    enforcesSingleUse: true,
    refusesUnsignedTags: false,
    tellsChecksum: true,
    overridesResponseHeaders: true,
  },
}))

describeMultipartContract('embedded store', async () => ({
  ...(await start()),
  refusesUnsignedCopies: true,
}))
