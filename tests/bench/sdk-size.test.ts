import { expect, it } from '@jest/globals'
import { bundled } from '../support/bundled.ts'
import { atMost, record } from './record.ts'

it('the SDK of browsers is small', async () => {
  const { gzipped } = await bundled('src/client/index.ts')
  record('sdkSize', { gzippedBytes: gzipped }, [atMost('the SDK, bytes gzipped', gzipped, 6_000)])
  expect(gzipped).toBeGreaterThan(0)
})
