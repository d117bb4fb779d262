import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClamd } from '../../src/inspect/scan/clamd.ts'
import { createFitScanner, type FitScanner } from '../../src/inspect/scan/fit-scanner.ts'
import { findById } from '../../src/store/uploads.ts'
import { EICAR, startClamd, type Clamd } from '../support/clamd.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, keysBelow, put, type World } from '../support/world.ts'

const MIB = 1024 ** 2
const CAP = 24 * MIB
// clamd's own MaxFileSize here is 8 MiB: below it everything is looked into.
const CHECKED = 7 * MIB

let clamd: Clamd
let scanner: FitScanner
let world: World
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-zips-'))
  clamd = await startClamd()
  scanner = createFitScanner(createClamd({ address: clamd.address, timeoutMs: 2_000 }), CHECKED)
})
afterAll(async () => {
  await clamd.close()
  rmSync(folder, { recursive: true })
})
afterEach(() => world.close())

/** The end of an upload of these bytes, with a profile that asks for a scan. */
async function verdictOn(bytes: Buffer, profile: object = {}) {
  await scanner.check().catch(() => undefined)
  world = await createWorld({
    profiles: { default: { scan: 'required', maxSize: CAP, ...profile } },
    scanner: scanner,
  })
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  expect(await put(slot, bytes)).toBe(200)
  await world.broker.completeUpload('t', upload.id)
  await world.work()
  return findById(world.store, upload.id)
}

/** Made with the zip module of Python, which knows no passwords for writing; the flag alone is set. */
function zip(name: string, content: Buffer, isEncrypted = false): Buffer {
  const [inner, outer] = [join(folder, `${name}.bin`), join(folder, `${name}.zip`)]
  writeFileSync(inner, content)
  const script = `import zipfile,sys;z=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED);z.write(sys.argv[1],'a.bin');z.close()`
  execFileSync('python3', ['-c', script, inner, outer])
  const bytes = readFileSync(outer)
  if (isEncrypted) {
    bytes[6] = (bytes[6] ?? 0) | 1
    const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    bytes[central + 8] = (bytes[central + 8] ?? 0) | 1
  }
  return bytes
}

describe('an upload of a profile that scans', () => {
  it('is ready with scan: clean when clamd finds nothing', async () => {
    const ready = await verdictOn(someBytes(100_000))
    expect(ready).toMatchObject({ state: 'ready', object: { scan: 'clean' } })
  })

  it.each<[string, () => Buffer]>([
    ['H16 the EICAR string', () => EICAR],
    ['H16 the EICAR string behind a megabyte', () => Buffer.concat([someBytes(MIB), EICAR])],
    ['H18 the EICAR string in a ZIP', () => zip('eicar', EICAR)],
    [
      'H18 the EICAR string in five ZIPs',
      () => {
        let bytes: Buffer = EICAR
        for (let depth = 0; depth < 5; depth += 1) bytes = zip(`deep${depth}`, bytes)
        return bytes
      },
    ],
  ])('is rejected as infected with %s, and its copy is gone', async (_what, make) => {
    const rejected = await verdictOn(make())
    expect(rejected).toMatchObject({ state: 'rejected', rejection: { reason: 'infected' } })
    expect(await keysBelow(world, 'objects/')).toEqual([])
  })

  it('is unscannable past MaxFileSize, and follows the profile', async () => {
    const padded = Buffer.concat([someBytes(9 * MIB), EICAR])
    expect(await verdictOn(padded)).toMatchObject({ rejection: { reason: 'unscannable' } })
    await world.close()
    expect(await verdictOn(padded, { unscannable: 'accept' })).toMatchObject({
      state: 'ready',
      object: { scan: 'off' },
    })
  })

  it('is unscannable as an encrypted ZIP', async () => {
    const encrypted = zip('encrypted', someBytes(1_000), true)
    expect(await verdictOn(encrypted)).toMatchObject({ rejection: { reason: 'unscannable' } })
  })
})

describe('a clamd that is away', () => {
  it('hung: no verdict, the upload waits, and is ready once clamd goes on', async () => {
    await scanner.check()
    clamd.child.kill('SIGSTOP')
    world = await createWorld({
      profiles: { default: { scan: 'required' } },
      scanner: scanner,
    })
    const bytes = someBytes(1_000)
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    await put(slot, bytes)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('received')

    clamd.child.kill('SIGCONT')
    world.clock.advance(5)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('ready')
  })

  it('killed in mid-stream: never ready, and failed only after a day', async () => {
    const other = await startClamd()
    const mortal = createFitScanner(createClamd({ address: other.address, timeoutMs: 2_000 }), 100)
    await mortal.check()
    world = await createWorld({
      profiles: { default: { scan: 'required' } },
      scanner: {
        begin: async () => {
          const scanning = await mortal.begin()
          return {
            ...scanning,
            write: async (chunk: Buffer) => {
              other.child.kill('SIGKILL')
              await scanning.write(chunk)
            },
          }
        },
      },
    })
    const bytes = someBytes(300_000)
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    await put(slot, bytes)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('received')
    world.clock.advance(90_000)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('failed')
    await other.close()
  })

  it('with a limit below the cap of a profile fails its self-test, and nothing is scanned with it', async () => {
    const small = await startClamd('4M')
    const unfit = createFitScanner(createClamd({ address: small.address, timeoutMs: 2_000 }), CAP)
    await expect(unfit.check()).rejects.toMatchObject({
      cause: { message: /does not take objects/ },
    })
    await expect(unfit.begin()).rejects.toMatchObject({ fields: { slug: 'scanner-unavailable' } })
    await small.close()
    world = await createWorld()
  })
})
