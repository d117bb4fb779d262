/** Backends that receive webhooks: real servers, each with its own manners, and what they were sent. */

import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Webhook } from 'standardwebhooks'

export type Received = {
  path: string
  headers: Record<string, string>
  body: string
  at: number
}

type Manner = (req: IncomingMessage, res: ServerResponse) => void

const answer =
  (status: number, headers: Record<string, string> = {}): Manner =>
  (_req, res) =>
    void res.writeHead(status, headers).end('so be it')

const CHUNK = Buffer.alloc(65_536, 'x')

/** The first piece of the path says how it is answered. */
const MANNERS = {
  ok: answer(200),
  created: answer(201),
  'no-content': answer(204),
  broken: answer(500),
  missing: answer(404),
  gone: answer(410),
  busy: answer(429, { 'retry-after': '2' }),
  patience: answer(503, { 'retry-after': '600' }),
  forever: answer(503, { 'retry-after': '999999999' }),
  hang: () => undefined,
  drip: (_req, res) => {
    res.writeHead(200)
    const timer = setInterval(() => res.write('.'), 1_000)
    res.on('close', () => clearInterval(timer))
  },
  endless: (_req, res) => {
    res.writeHead(200)
    let left = 16_384
    const more = (): void => {
      while (left-- > 0 && res.write(CHUNK));
      if (left > 0) res.once('drain', more)
      else res.end()
    }
    more()
  },
  reset: (req) => void req.socket.resetAndDestroy(),
  half: (req, res) => {
    res.writeHead(200, { 'content-length': '100' }).write('half')
    setTimeout(() => req.socket.resetAndDestroy(), 20)
  },
} satisfies Record<string, Manner>

export type Receivers = {
  /** Of a receiver with these manners; `name` tells it from others of them. */
  url: (manner: keyof typeof MANNERS | 'redirect' | 'flaky', name?: string) => string
  /** Over TLS. */
  tlsUrl: (name: string) => string
  received: Received[]
  of: (path: string) => Received[]
  /** What `flaky` receivers answer now. */
  mood: { status: number }
  /** Connections that were opened to the plain server. */
  connections: () => number
  bytesSent: () => number
  close: () => Promise<void>
}

const certificate = (name: string): Buffer => readFileSync(`tests/fixtures/tls/${name}`)

export type ReceiverOptions = {
  /** The file of the certificate of the TLS server. */
  certificate?: string
  redirectTo?: string
}

export async function startReceivers(options: ReceiverOptions = {}): Promise<Receivers> {
  const received: Received[] = []
  const mood = { status: 200 }
  let connections = 0
  const sockets = new Set<{ bytesWritten: number; destroy: () => void }>()
  const handle = (req: IncomingMessage, res: ServerResponse): void => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const headers = req.headers as Record<string, string>
      const body = Buffer.concat(chunks).toString()
      const path = (req.url ?? '').slice(1)
      received.push({ path, headers, body, at: Date.now() })
      respond(path, req, res)
    })
  }
  const respond = (path: string, req: IncomingMessage, res: ServerResponse): void => {
    const [manner = ''] = path.split('/')
    const own: Record<string, Manner> = {
      flaky: answer(mood.status),
      redirect: answer(302, { location: options.redirectTo ?? '' }),
    }
    const act: Manner = own[manner] ?? MANNERS[manner as keyof typeof MANNERS]
    act(req, res)
  }
  const plain = createServer(handle)
  const pem = {
    key: certificate('server.key'),
    cert: certificate(options.certificate ?? 'server.pem'),
  }
  const tls = createTlsServer(pem, handle)
  for (const server of [plain, tls]) {
    server.on('connection', (socket) => {
      if (server === plain) connections += 1
      sockets.add(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }
  return {
    url: (manner, name = '') => `http://127.0.0.1:${portOf(plain)}/${manner}/${name}`,
    tlsUrl: (name) => `https://localhost:${portOf(tls)}/ok/${name}`,
    received,
    of: (path) => received.filter((one) => one.path.startsWith(path)),
    mood,
    connections: () => connections,
    bytesSent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    close: async () => {
      sockets.forEach((socket) => socket.destroy())
      await Promise.all([closed(plain), closed(tls)])
    },
  }
}

const portOf = (server: Server): number => (server.address() as { port: number }).port

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** By the official library; throws when the signature is wrong. */
export const verified = ({ headers, body }: Received, secret: string) =>
  new Webhook(secret).verify(body, headers) as { type: string; data: Record<string, unknown> }
