/** S3 clients of the AWS SDK, set up the one way that works with every store. */

import { S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig, StorageCredentials } from './config.ts'

const CONNECT_TIMEOUT_MS = 5_000
// A copy of a large object answers only when it is done; the caller's signal bounds each call.
const SOCKETS = 64

export function createClient(
  config: BucketConfig,
  credentials: StorageCredentials | null,
): S3Client {
  return new S3Client({
    region: config.region,
    forcePathStyle: config.forcePathStyle,
    ...(config.endpoint !== null && { endpoint: config.endpoint }),
    ...(credentials && { credentials }),
    // Otherwise the SDK signs the CRC32 of an empty body, which some stores then demand.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  })
}
