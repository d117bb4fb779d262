/** What every Berth of a test run says: log lines and error bodies, kept until the run is over. */

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { breachOf } from './described.ts'

/** `secret`: what may not turn up in any of the others. `breach`: an answer that is not as described. */
type Kind = 'log' | 'error' | 'secret' | 'breach'

/** `text` as one line; read at the end of the run by `spoken-end.mjs`. */
export function keep(kind: Kind, text: string): void {
  const folder = process.env['BERTH_SPOKEN']
  if (folder === undefined || text === '') return
  appendFileSync(join(folder, `${kind}-${process.pid}`), text.endsWith('\n') ? text : `${text}\n`)
}

/** Shorter ones are words that may stand in any text. */
const SHORTEST_SECRET = 10

export const mayNotBeSaid = (secrets: readonly (string | undefined)[]): void =>
  secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET)
    .forEach((secret) => keep('secret', secret ?? ''))

/** The listener, with every answer seen: refusals are kept, and all are held against the description. */
export const overheard =
  (listener: RequestListener): RequestListener =>
  (req, res) => {
    const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse
    const ended = (...args: unknown[]): ServerResponse => {
      const [body] = args
      judge(req, res, typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : '')
      return end(...args)
    }
    res.end = ended as ServerResponse['end']
    listener(req, res)
  }

function judge(req: IncomingMessage, res: ServerResponse, body: string): void {
  if (res.statusCode >= 400) keep('error', JSON.stringify(body))
  const type = String(res.getHeader('content-type') ?? '')
  const path = (req.url ?? '').split('?')[0] ?? ''
  const breach = breachOf({ method: req.method ?? '', path, status: res.statusCode, type, body })
  if (breach !== null) keep('breach', `${req.method ?? ''} ${path}: ${breach}`)
}
