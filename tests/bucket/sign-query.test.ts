import { S3Client } from '@aws-sdk/client-s3'
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner'
import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createSignQuery } from '../../src/bucket/sign-query.ts'

const REGION = 'eu-central-1'
const { sha256 } = new S3Client({ region: REGION }).config

const credentials = fc.record(
  {
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
    secretAccessKey: text(1, 40),
    sessionToken: text(1, 60),
  },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
)
const request = fc.record({
  method: fc.constantFrom('PUT' as const, 'GET' as const),
  host: fc.constantFrom('127.0.0.1:9000', 'bucket.s3.eu-central-1.amazonaws.com', 'cdn.example'),
  path: fc.stringMatching(/^(\/[A-Za-z0-9._-]{1,20}){1,4}$/),
  headers: fc.dictionary(
    fc.constantFrom('content-type', 'content-length', 'if-none-match', 'x-amz-checksum-sha256'),
    fc.stringMatching(/^[!-~]{1,40}$/),
  ),
  query: fc.dictionary(
    fc.constantFrom('response-content-disposition', 'partNumber', 'uploadId', 'versionId'),
    text(0, 60),
  ),
  expiresIn: fc.integer({ min: 1, max: 604_800 }),
})

function text(minLength: number, maxLength: number) {
  return fc.string({ unit: 'grapheme', minLength, maxLength })
}

/** The SDK's own signature of the same request. */
async function bySdk(asked: Parameters<ReturnType<typeof createSignQuery>>) {
  const [{ method, host, path, headers, query, expiresIn }, keys, at] = asked
  const presigner = new S3RequestPresigner({
    credentials: keys as { accessKeyId: string; secretAccessKey: string },
    region: REGION,
    sha256,
  })
  const { hostname, port } = new URL(`http://${host}`)
  const promised = new Set(Object.keys(headers))
  const http = { protocol: 'http:', hostname, ...(port !== '' && { port: Number(port) }) }
  const signed = await presigner.presign(
    { ...http, method, path, query, headers: { ...headers } },
    {
      expiresIn,
      signingDate: at,
      signableHeaders: new Set(['host', ...promised]),
      unhoistableHeaders: promised,
    },
  )
  return signed.query
}

it('every signature is the one that the AWS SDK makes of the same request', async () => {
  const signQuery = createSignQuery(REGION)
  const at = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  await fc.assert(
    fc.asyncProperty(request, credentials, at, async (...asked) => {
      const ours = new URLSearchParams(signQuery(...asked))
      expect(Object.fromEntries(ours)).toEqual(await bySdk(asked))
    }),
    { numRuns: 500 },
  )
})

it('a day that ends, and credentials that change, begin with a key of their own', async () => {
  const signQuery = createSignQuery(REGION)
  const put = {
    method: 'PUT',
    host: 'h',
    path: '/b/k',
    headers: {},
    query: {},
    expiresIn: 60,
  } as const
  const first = { accessKeyId: 'A', secretAccessKey: 'one' }
  const second = { accessKeyId: 'A', secretAccessKey: 'two' }
  const evening = new Date('2026-01-31T23:59:59.999Z')
  const morning = new Date('2026-02-01T00:00:00.000Z')
  for (const [keys, at] of [
    [first, evening],
    [first, morning],
    [second, morning],
    [first, evening],
  ] as const) {
    const ours = new URLSearchParams(signQuery(put, keys, at))
    expect(Object.fromEntries(ours)).toEqual(await bySdk([put, keys, at]))
  }
})
