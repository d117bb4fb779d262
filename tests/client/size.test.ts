import { expect, it } from '@jest/globals'
import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'

const LARGEST_BYTES = 6_000

/** As a page would ship it. */
async function bundled(entry: string): Promise<{ code: string; gzipped: number }> {
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

it.each(['src/client/index.ts', 'src/client/server.ts'])(
  '%s is 6 kB gzipped at most, and imports nothing',
  async (entry) => {
    const { code, gzipped } = await bundled(entry)
    process.stdout.write(`${entry}: ${code.length} bytes minified, ${gzipped} gzipped\n`)
    expect(gzipped).toBeLessThanOrEqual(LARGEST_BYTES)
    expect(code).not.toMatch(/\bimport\b|\brequire\b|node:/)
  },
)
