import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inChromium, nodeAt, type Platform } from './platforms.ts'
import { SCENARIOS } from './scenarios.ts'
import { openStand, type RunningStand } from './stand.ts'

const cache = process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth')
const nodeOf = (major: number): string => join(cache, `node-${major}`, 'node_modules/node/bin/node')

const folder = mkdtempSync(join(tmpdir(), 'berth-sdk-'))
let stand: RunningStand
beforeAll(async () => {
  stand = await openStand()
})
afterAll(async () => {
  await stand.close()
  rmSync(folder, { recursive: true })
})

describe.each<[string, () => Promise<Platform>]>([
  ['Node 20', () => nodeAt(nodeOf(20), folder, stand)],
  ['Node 24', () => nodeAt(nodeOf(24), folder, stand)],
  ['Chromium', () => inChromium(stand)],
])('the SDK in %s', (name, open) => {
  let platform: Platform
  beforeAll(async () => {
    platform = await open()
    process.stdout.write(`${name}: ${platform.version}\n`)
  })
  afterAll(() => platform.close())

  it('is what it is called', () => {
    expect(platform.version).toMatch(new RegExp(name.replace('Node ', '^v')))
  })

  it.each(SCENARIOS.map(({ name: scenario, acts }) => [scenario, acts.length] as const))(
    '%s',
    async (scenario, acts) => {
      for (let act = 0; act < acts; act += 1) await platform.play({ name: scenario, act })
    },
    60_000,
  )
})
