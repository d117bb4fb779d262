/** Code as a page would ship it: one file, minified. */

import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'

export async function bundled(entry: string): Promise<{ code: string; gzipped: number }> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
  })
  const code = outputFiles[0]?.text ?? ''
  return { code, gzipped: gzipSync(code, { level: 9 }).length }
}
