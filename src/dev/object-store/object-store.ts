/** A small S3-compatible store for development and tests: loopback only, durable, and strict. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CALLS, operationOf } from './calls.ts'
import { createBucketFolder, openDisk } from './disk.ts'
import { createEventQueue } from './event-queue.ts'
import { verifySignature } from './signature.ts'
import { S3Error, type CallDeps, type ObjectStoreOptions, type Protections } from './types.ts'
import { escapeXml, sendXml } from './xml.ts'

export type ObjectStore = {
  url: string
  /** May be changed while the store runs. */
  protections: Protections
  close: () => Promise<void>
}

const STRICT: Protections = { signature: true, expiry: true, checksum: true, singleUse: true }

export async function startObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const now = options.now ?? (() => new Date())
  const disk = openDisk(options.folder)
  for (const bucket of options.buckets) createBucketFolder(disk, bucket)
  const queue = options.events && createEventQueue(options.folder, options.events, now)
  const protections = { ...STRICT, ...options.protections }
  const announce: CallDeps['announce'] = (...event) => queue?.announce(...event)
  const deps = { disk, protections, now, announce }

  const server = createServer((req, res) => {
    void answer(options, deps, { req, res })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    await queue?.stop()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return { url: `http://127.0.0.1:${port}`, protections, close }
}

type Exchange = { req: IncomingMessage; res: ServerResponse }

async function answer(options: ObjectStoreOptions, deps: CallDeps, exchange: Exchange) {
  const { req, res } = exchange
  allowBrowsers(req, res)
  if (req.method === 'OPTIONS') {
    res.writeHead(204).end()
    return
  }
  try {
    await perform(options, deps, exchange)
  } catch (error) {
    refuse(exchange, error)
  }
}

async function perform(options: ObjectStoreOptions, deps: CallDeps, exchange: Exchange) {
  const { req, res } = exchange
  const url = new URL(req.url ?? '/', `http://${req.headers.host ?? '127.0.0.1'}`)
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
  const key = rest.join('/')
  const operation = operationOf(req, url, key)
  if (!operation) throw new S3Error(501, 'NotImplemented', 'This store does not answer that call.')
  if (operation === 'PutObject' || operation === 'UploadPart') {
    assertOneLength(req, deps.protections)
  }

  const account = await verifySignature(req, url, options, deps.protections)
  options.onCall?.({ operation, key, accessKeyId: account.accessKeyId })
  const [action, call] = CALLS[operation]
  if (!account.may(action, key)) throw new S3Error(403, 'AccessDenied', 'Access Denied.')
  await call(deps, { req, res, url, bucket, key, account })
}

/** A chunked body has no length that could have been signed. */
function assertOneLength(req: IncomingMessage, protections: Protections): void {
  if (req.headers['content-length'] === undefined && protections.signature) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length header.')
  }
}

function allowBrowsers(req: IncomingMessage, res: ServerResponse): void {
  const { origin } = req.headers
  if (origin === undefined) return
  res.setHeader('access-control-allow-origin', origin)
  res.setHeader('access-control-expose-headers', 'etag, x-amz-request-id')
  res.setHeader('access-control-allow-methods', 'PUT, GET, HEAD')
  res.setHeader('access-control-allow-headers', req.headers['access-control-request-headers'] ?? '')
  res.setHeader('access-control-max-age', '600')
  res.setHeader('vary', 'origin')
}

function refuse({ req, res }: Exchange, error: unknown): void {
  // A body that broke off, or a reader that left: there is nobody to answer.
  if (req.destroyed && !req.complete) return
  if (res.headersSent) return void res.destroy()
  const { status, code, message } =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error))
  // What is left of the body is read and dropped, so that the client gets to see the answer.
  req.resume()
  if (req.method === 'HEAD') return void res.writeHead(status).end()
  sendXml(
    res,
    status,
    `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`,
  )
}
