/** A scanner of your own behind HTTP: it fetches the sealed copy by a presigned GET, and answers a verdict. */

import { z } from 'zod'
import { scannerUnavailable } from '../../problems.ts'
import type { ScanVerdict } from './scanner.ts'

export type HttpScannerConfig = {
  url: string
  /** Sent as a bearer token. */
  token: string
  timeoutMs: number
}

/** What the service is told; it must send the first three back, so that no verdict is taken for another. */
export type ScanJob = {
  uploadId: string
  fence: number
  nonce: string
  /** A presigned GET of the bytes to judge. */
  url: string
  size: number
  contentType: string
  /** Base64, over the very bytes behind the URL. */
  sha256: string
}

export type ScanByUrl = (job: ScanJob) => Promise<ScanVerdict>

const LARGEST_ANSWER_BYTES = 4_096

const Answer = z.object({
  uploadId: z.string(),
  fence: z.number(),
  nonce: z.string(),
  verdict: z.enum(['clean', 'infected', 'unscannable']),
  reason: z.string().max(200).default('no reason given'),
})

export const createHttpScanner =
  (config: HttpScannerConfig): ScanByUrl =>
  async (job) => {
    const answer = Answer.safeParse(await ask(config, job))
    if (!answer.success) throw unusable('the answer has another form')
    const { uploadId, fence, nonce, verdict, reason } = answer.data
    if (uploadId !== job.uploadId || fence !== job.fence || nonce !== job.nonce) {
      throw unusable('the answer is about another attempt')
    }
    if (verdict === 'clean') return { outcome: 'clean' }
    return verdict === 'infected'
      ? { outcome: 'infected', signature: reason }
      : { outcome: 'unscannable', reason }
  }

/** Anything but 200 with JSON is no verdict, and the scan is repeated later. */
async function ask({ url, token, timeoutMs }: HttpScannerConfig, job: ScanJob): Promise<unknown> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(job),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (answer.status !== 200) throw new Error(`the scanner answered ${answer.status}`)
    return JSON.parse(await readAtMost(answer, LARGEST_ANSWER_BYTES)) as unknown
  } catch (error) {
    throw scannerUnavailable(error)
  }
}

async function readAtMost(answer: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const unusable = (why: string) => scannerUnavailable(new Error(why))
