import { expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'

/** In a process of its own, as the flags are the process's: 30 MB live, and a GiB goes through each time. */
const READING = `
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { keepHeapSmall } from './dist/telemetry/small-heap.js'

const roomFor = keepHeapSmall()
const live = Array.from({ length: 400_000 }, (_, nth) => ({ nth, text: 'kept ' + nth }))
let collections = 0
const { NODE_PERFORMANCE_GC_MAJOR: MAJOR } = constants
new PerformanceObserver((list) => {
  collections += list.getEntries().filter(({ detail }) => detail.kind === MAJOR).length
}).observe({ entryTypes: ['gc'] })

async function read() {
  // At its end V8 asks how much the heap may grow.
  gc()
  await turn()
  const before = collections
  for (let nth = 0; nth < 16_384; nth += 1) {
    new ArrayBuffer(65_536)
    await turn()
  }
  return collections - before
}
const small = await roomFor(1000, read)
const large = await roomFor(1024 ** 3, read)
console.log(JSON.stringify({ small, large, live: live.length }))
process.exit(0)
`

it('collects all that lives less often while a large object is read', () => {
  const answer = execFileSync('node', ['--expose-gc', '--input-type=module', '--eval', READING], {
    encoding: 'utf8',
  })
  const { small, large } = JSON.parse(answer) as { small: number; large: number }
  process.stdout.write(
    `full collections for a GiB: ${small} with little room, ${large} with more\n`,
  )
  expect(large).toBeLessThan(small / 2)
}, 60_000)
