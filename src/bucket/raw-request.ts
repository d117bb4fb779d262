/** One HTTP request just as it is written: fetch sends neither a wrong length nor a body without a type. */

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

export type RawHeaders = Record<string, string | undefined>

export type RawRequest = {
  method: 'GET' | 'PUT' | 'OPTIONS'
  url: string
  headers: RawHeaders
  body?: Buffer
  /** Ends it, besides the usual patience. */
  deadline: AbortSignal
}

export type Answer = {
  /** 0: there was no answer. */
  status: number
  /** S3's code of a refusal, or the network's; empty when neither is known. */
  code: string
  headers: IncomingHttpHeaders
}

const PATIENCE_MS = 10_000
const READ_AT_MOST_BYTES = 8_192

/** Never rejects. */
export function sendRaw({ method, url, headers, body, deadline }: RawRequest): Promise<Answer> {
  const given = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    const options = {
      method,
      headers: Object.fromEntries(given),
      timeout: PATIENCE_MS,
      signal: deadline,
      agent: false,
    }
    const outgoing = send(url, options, (answer) => {
      void readCode(answer).then((code) =>
        resolve({ status: answer.statusCode ?? 0, code, headers: answer.headers }),
      )
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')))
    outgoing.on('error', (error) => resolve({ status: 0, code: networkCode(error), headers: {} }))
    outgoing.end(body)
  })
}

/** The rest of a long body is dropped; a body that breaks off has told enough. */
async function readCode(answer: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (text.length < READ_AT_MOST_BYTES) text += chunk.toString('latin1')
    }
  } catch {
    // What came before counts.
  }
  return /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(text)?.[1] ?? ''
}

const networkCode = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message

/** `403 AccessDenied`, or what the network said. */
export const answerInWords = ({ status, code }: Pick<Answer, 'status' | 'code'>): string =>
  status === 0 ? `no answer (${code})` : `${status} ${code}`.trim()
