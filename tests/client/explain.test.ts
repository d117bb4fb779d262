import { describe, expect, it } from '@jest/globals'
import { explain } from '../../src/client/index.ts'

const SLOT = {
  url: 'https://uploads.example:9000/bucket/staging/1?X-Amz-Signature=secret',
  headers: { 'content-type': 'image/png', 'if-none-match': '*' },
}

const xml = (code: string, message: string, more = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`

describe('explain', () => {
  it.each([
    [403, 'AccessDenied', 'Request has expired', 'expired'],
    [400, 'ExpiredToken', 'The provided token has expired.', 'expired'],
    [403, 'RequestTimeTooSkewed', 'The difference between the request time and …', 'clock'],
    [403, 'AccessDenied', 'Request is not valid yet', 'clock'],
    [412, 'PreconditionFailed', 'At least one of the pre-conditions did not hold', 'used'],
    [403, 'SignatureDoesNotMatch', 'Check your AWS secret access key', 'changed'],
    [
      403,
      'AccessDenied',
      'There were headers present in the request which were not signed',
      'changed',
    ],
    [411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.', 'changed'],
    [400, 'XAmzContentChecksumMismatch', 'The provided checksum does not match', 'checksum'],
    [400, 'BadDigest', 'The SHA256 you specified did not match', 'checksum'],
    [404, 'NoSuchUpload', 'The specified multipart upload does not exist.', 'gone'],
    [403, 'InvalidAccessKeyId', 'The key does not exist in our records', 'host'],
    [404, 'NoSuchBucket', 'The specified bucket does not exist', 'host'],
    [301, 'PermanentRedirect', 'must be addressed using the specified endpoint', 'host'],
    [400, 'AuthorizationQueryParametersError', "the region 'a' is wrong; expecting 'b'", 'host'],
    [503, 'SlowDown', 'Please reduce your request rate.', 'busy'],
    [409, 'ConditionalRequestConflict', 'A conflicting operation occurred', 'busy'],
    [500, 'InternalError', 'We encountered an internal error.', 'busy'],
    [403, 'AccessDenied', 'Access Denied.', 'other'],
  ])('%i %s, %s: %s', (status, code, message, reason) => {
    const refusal = explain(SLOT, { status, text: xml(code, message) })
    expect(refusal).toMatchObject({ reason, status, code })
    expect(refusal.words).toMatch(/[.?]$/)
    expect(refusal.words).not.toContain('secret')
  })

  it.each([
    [404, '<html>nginx</html>', 'host'],
    [200, '', 'host'],
    [502, 'Bad Gateway', 'busy'],
  ])('%i without the words of S3, %j: %s', (status, text, reason) => {
    expect(explain(SLOT, { status, text }).reason).toBe(reason)
  })

  it('names just what differs, where the store shows the request as it saw it', () => {
    const seen = (host: string, type: string) =>
      xml(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match',
        `<CanonicalRequest>PUT\n/bucket/staging/1\nX-Amz-Expires=900\ncontent-length:5\ncontent-type:${type}\nhost:${host}\nif-none-match:*\n\ncontent-length;content-type;host\nUNSIGNED-PAYLOAD</CanonicalRequest>`,
      )
    const words = (host: string, type: string): string =>
      explain(SLOT, { status: 403, text: seen(host, type) }).words
    expect(words('uploads.example:9000', 'image/jpeg')).toBe(
      'The store got something else than was signed: content-type image/jpeg in place of image/png.',
    )
    expect(words('minio:9000', 'image/png')).toContain(
      'host minio:9000 in place of uploads.example:9000',
    )
    expect(words('uploads.example:9000', 'image/png')).toContain('another content type, length')
  })
})
