import { describeBucketContract, type Capabilities } from '../contract/bucket-contract.ts'
import { describeMultipartContract } from '../contract/multipart-contract.ts'
import { startMinio, startVersitygw } from './servers.ts'

const EVERYTHING: Capabilities = {
  enforcesChecksum: true,
  enforcesSingleUse: true,
  refusesUnsignedTags: true,
  tellsChecksum: true,
  overridesResponseHeaders: true,
}

describeBucketContract('MinIO', async () => ({
  ...(await startMinio(null)),
  capabilities: { ...EVERYTHING, refusesUnsignedTags: false },
}))

describeBucketContract('versitygw', async () => ({
  ...(await startVersitygw(null)),
  capabilities: EVERYTHING,
}))

// MinIO copies what the signer may read: nothing, by the shipped policy (see credentials.test.ts).
describeMultipartContract('MinIO', async () => ({
  ...(await startMinio(null)),
  refusesUnsignedCopies: false,
}))

describeMultipartContract('versitygw', async () => ({
  ...(await startVersitygw(null)),
  refusesUnsignedCopies: true,
}))
