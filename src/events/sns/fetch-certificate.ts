/** Fetches a certificate: no redirects, three seconds, 16 KiB. */

const PATIENCE_MS = 3_000
const LARGEST_BYTES = 16 * 1024

/** Rejects when it cannot be had now, which may pass. */
export type FetchCertificate = (url: URL) => Promise<Buffer>

export const fetchCertificate: FetchCertificate = async (url) => {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!answer.ok || !answer.body)
    throw new Error(`the certificate's host answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > LARGEST_BYTES) throw new Error('the certificate is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
