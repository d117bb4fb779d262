/** A call of the SDK, and what came back in a word: the doctor is interested in refusals as well. */

import type { S3Client } from '@aws-sdk/client-s3'
import { S3ServiceException } from '@aws-sdk/client-s3'

export type Called<Output> = {
  status: number
  /** S3's code or the network's; empty for a success. */
  code: string
  output: Output | null
}

const PATIENCE_MS = 15_000

type Options = { abortSignal: AbortSignal }

/** Never rejects. */
export async function tryCall<Output>(
  client: S3Client,
  send: (client: S3Client, options: Options) => Promise<Output>,
): Promise<Called<Output>> {
  try {
    const output = await send(client, { abortSignal: AbortSignal.timeout(PATIENCE_MS) })
    return { status: 200, code: '', output }
  } catch (error) {
    return { ...refusalOf(error), output: null }
  }
}

function refusalOf(error: unknown): { status: number; code: string } {
  if (error instanceof S3ServiceException) {
    return { status: error.$metadata.httpStatusCode ?? 0, code: error.name }
  }
  const { code, name, message } = error as Error & { code?: string }
  return { status: 0, code: code ?? (message === '' ? name : message) }
}

/** The store does not have this call at all. */
export const isMissing = ({ status, code }: { status: number; code: string }): boolean =>
  status === 501 || status === 405 || code === 'NotImplemented'
