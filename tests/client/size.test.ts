import { expect, it } from '@jest/globals'
import { bundled } from '../support/bundled.ts'

const LARGEST_BYTES = 6_000

it.each(['src/client/index.ts', 'src/client/server.ts'])(
  '%s is 6 kB gzipped at most, and imports nothing',
  async (entry) => {
    const { code, gzipped } = await bundled(entry)
    process.stdout.write(`${entry}: ${code.length} bytes minified, ${gzipped} gzipped\n`)
    expect(gzipped).toBeLessThanOrEqual(LARGEST_BYTES)
    expect(code).not.toMatch(/\bimport\b|\brequire\b|node:/)
  },
)
