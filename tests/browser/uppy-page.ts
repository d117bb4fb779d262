/** A site with an Uppy page, as somebody would run it: the page, and a backend that makes upload tokens. */

import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createBackend } from '../../src/client/server.ts'

const EXAMPLE = join('docs', 'examples', 'uppy')

export type UppyVersion = 5 | 6

/** Where tests/browser/install has put what the example's package names. */
const modulesOf = (version: UppyVersion): string =>
  join(
    process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'),
    `uppy-${version}`,
    'node_modules',
  )

/** The example's page as a bundler makes it: its script and its style. */
async function bundle(version: UppyVersion): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLE, `uppy-${version}`, 'page.js')],
    nodePaths: [modulesOf(version)],
    bundle: true,
    minify: true,
    format: 'esm',
    outdir: 'out',
    write: false,
  })
  return Object.fromEntries(
    outputFiles.map(({ path, text }) => [path.endsWith('.css') ? '/page.css' : '/page.js', text]),
  )
}

export type Site = { url: string; close: () => Promise<void> }

/** Listens before Berth is there: Berth has to be told the page's origin. */
export async function startSite(
  version: UppyVersion,
): Promise<Site & { serve: (berth: { url: string; key: string }) => void }> {
  const files = await bundle(version)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    serve: (berth) => void server.on('request', answer(files, berth)),
    close: () => close(server),
  }
}

function answer(
  files: Record<string, string>,
  { url, key }: { url: string; key: string },
): RequestListener {
  const backend = createBackend({ baseUrl: url, apiKey: key })
  const html = readFileSync(join(EXAMPLE, 'index.html'), 'utf8')
  const pages: Record<string, string> = {
    '/': html.replace('http://127.0.0.1:8080', url),
    ...files,
  }
  return (req, res) => {
    const path = req.url ?? '/'
    if (req.method === 'POST' && path === '/upload-token') {
      const terms = { profile: 'default', subject: 'user-17', maxUploads: 20 }
      void backend.createToken(terms).then((token) => res.end(JSON.stringify(token)))
      return
    }
    res.setHeader('content-type', typeOf(path)).end(pages[path] ?? '')
  }
}

const typeOf = (path: string): string =>
  path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html'

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
