import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBucket } from '../../src/bucket/bucket.ts'
import { runUpload, type Started } from '../support/berth-upload.ts'
import { PASS, startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy.ts'
import { listening, type Listening } from '../support/listening.ts'
import { PARTS_PROFILE, THREE_PARTS, unfinished } from '../support/parts.ts'
import { until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, createWorld, type World } from '../support/world.ts'

const MIB = 1024 ** 2

let world: World
let berth: Listening
let road: FaultProxy
let key: string
let home: string
let file: string

beforeAll(async () => {
  const store = { url: '' }
  road = await startFaultProxy(() => store.url)
  const { presignPart } = createBucket(
    bucketConfig('http://127.0.0.1:1', { publicEndpoint: road.url }),
  )
  world = await createWorld({
    profiles: { default: PARTS_PROFILE },
    spoil: (bucket) => ({ ...bucket, presignPart }),
  })
  store.url = world.objects.url
  berth = await listening(world)
  key = await world.newKey()
})
afterAll(async () => {
  await berth.close()
  await road.close()
  await world.close()
})

let puts: number
/** Of each PUT, by its number from 1. */
let fate: (nth: number) => Fault
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-home-'))
  file = join(home, 'large.bin')
  writeFileSync(file, THREE_PARTS)
  puts = 0
  fate = () => PASS
  road.decide = ({ method }) => (method === 'PUT' ? fate((puts += 1)) : PASS)
})

const start = (...more: string[]): Started =>
  runUpload([file, '--url', berth.url, '--key', key, '--wait', ...more], home)

const stateOf = async (id: string | undefined): Promise<string | undefined> =>
  (await world.broker.listPage('tenant-a', {}, 200)).uploads.find((each) => each.id === id)?.state

/** Interrupted once a part is there and the others hang. @returns the id of its upload. */
async function interrupted(signal: 'SIGINT' | 'SIGKILL', ...more: string[]) {
  fate = (nth) => (nth === 1 ? PASS : { kind: 'hold' })
  const first = start(...more)
  await until('a part to be there, and the others on their way', async () => {
    const [upload] = (await world.broker.listPage('tenant-a', {}, 1)).uploads
    if (puts < 3 || !upload) return false
    return (await world.broker.listParts('tenant-a', upload.id)).length === 1
  })
  first.child.kill(signal)
  const ended = await first.ended
  fate = () => PASS
  puts = 0
  return { ...ended, id: ended.lines.find((line) => line.id)?.id }
}

describe('berth upload of a large file', () => {
  it('sends it in parts, says how far it is, and ends with 0 when it is ready', async () => {
    const { code, stderr, lines } = await start('--sha256').ended
    expect([code, stderr, puts]).toEqual([0, '', 3])
    expect(lines.at(-1)).toMatchObject({ event: 'ready', sha256: sha256Of(THREE_PARTS) })
    expect(new Set(lines.map(({ event }) => event))).toEqual(
      new Set(['hashing', 'sending', 'verifying', 'ready']),
    )
    expect(lines.every(({ file: name }) => name === file)).toBe(true)
  })

  it.each([
    ['SIGINT', 1],
    ['SIGKILL', null],
  ] as const)('ended by %s goes on with the parts that are not there', async (signal, code) => {
    const first = await interrupted(signal)
    expect(first.code).toBe(code)
    expect(await stateOf(first.id)).toBe('pending')
    const again = await start().ended
    expect([again.code, puts]).toEqual([0, 2])
    const sending = again.lines.find(({ event }) => event === 'sending')
    expect(sending?.sent).toBeGreaterThanOrEqual(17)
    expect(again.lines.at(-1)).toMatchObject({
      event: 'ready',
      id: first.id,
      sha256: sha256Of(THREE_PARTS),
    })
    rmSync(home, { recursive: true })
  })

  it('begins anew when the file has changed since', async () => {
    const first = await interrupted('SIGINT')
    const other = someBytes(THREE_PARTS.length, 9)
    writeFileSync(file, other)
    utimesSync(file, 1_600_000_000, 1_600_000_000)
    const again = await start().ended
    expect([again.code, puts]).toEqual([0, 3])
    expect(again.lines.at(-1)).toMatchObject({ event: 'ready', sha256: sha256Of(other) })
    expect(again.lines.at(-1)?.id).not.toBe(first.id)
  })

  it('with --no-resume withdraws what is interrupted, and leaves nothing in the store', async () => {
    const { code, id } = await interrupted('SIGINT', '--no-resume')
    expect([code, await stateOf(id)]).toEqual([1, 'canceled'])
    await world.broker.sweepStaging(100)
    expect((await unfinished(world)).filter((each) => each.includes(id ?? 'none'))).toEqual([])
  })

  it('sends a part again whose connection breaks', async () => {
    fate = (nth) => (nth === 2 ? { kind: 'drop' } : PASS)
    const { code, lines } = await start().ended
    expect([code, puts, lines.at(-1)?.event]).toEqual([0, 4, 'ready'])
  })

  it('ends with 1 and says so when the file changes while it is sent', async () => {
    fate = (nth) => {
      if (nth === 1) writeFileSync(file, someBytes(THREE_PARTS.length + MIB, 2))
      return nth === 1 ? { kind: 'drop' } : PASS
    }
    const { code, lines } = await start('--no-resume').ended
    expect(code).toBe(1)
    expect(lines.at(-1)).toMatchObject({ event: 'failed' })
    expect(lines.at(-1)?.error).toContain('has changed')
  })
})
