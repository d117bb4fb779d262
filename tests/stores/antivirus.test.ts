import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClamd } from '../../src/inspect/scan/clamd.ts'
import { createFitScanner, type FitScanner } from '../../src/inspect/scan/fit-scanner.ts'
import { findById } from '../../src/store/uploads.ts'
import type { Socket } from 'node:net'
import { EICAR, startClamd, startRelay, type Clamd } from '../support/clamd.ts'
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
  const id = await uploaded(bytes)
  await world.work()
  return findById(world.store, id)
}

/** Arrived, and not verified yet. */
async function uploaded(bytes: Buffer): Promise<string> {
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  expect(await put(slot, bytes)).toBe(200)
  await world.broker.completeUpload('t', upload.id)
  return upload.id
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

/** The same, while what the real clamd answers goes through `answer` first. */
async function verdictThrough(answer: (reply: string, to: Socket) => void, bytes: Buffer) {
  const relay = await startRelay(clamd, answer)
  const direct = scanner
  scanner = createFitScanner(createClamd({ address: relay.address, timeoutMs: 2_000 }), CHECKED)
  try {
    return await verdictOn(bytes)
  } finally {
    scanner = direct
    await relay.close()
  }
}

describe('an answer of clamd', () => {
  const inPieces = (reply: string, to: Socket): void => {
    const [first, ...rest] = reply
    if (first === undefined) return void to.end()
    to.write(first, () => setImmediate(() => inPieces(rest.join(''), to)))
  }
  it('that comes in pieces is understood, clean or infected', async () => {
    expect(await verdictThrough(inPieces, someBytes(1_000))).toMatchObject({
      state: 'ready',
      object: { scan: 'clean' },
    })
    await world.close()
    expect(await verdictThrough(inPieces, EICAR)).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'infected' },
    })
  })

  it('that says OK and then FOUND makes nothing ready: the upload waits', async () => {
    const twice = (reply: string, to: Socket): void => {
      const isClean = reply === 'stream: OK\0'
      // The self-test must pass, or nothing would be scanned at all.
      if (isClean && to.bytesRead < CHECKED) to.end(`${reply}stream: Some-Signature FOUND\0`)
      else to.end(reply)
    }
    const waiting = await verdictThrough(twice, someBytes(100_000))
    expect(waiting).toMatchObject({ state: 'received', attempts: 1, object: null })
    await scanner.check()
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
    const id = await uploaded(someBytes(1_000))
    await world.work()
    expect((await findById(world.store, id))?.state).toBe('received')

    clamd.child.kill('SIGCONT')
    world.clock.advance(5)
    await world.work()
    expect((await findById(world.store, id))?.state).toBe('ready')
  })

  it('stopped before the upload came: it waits, and is ready once another clamd runs', async () => {
    const stopped = await startClamd()
    const port = Number(stopped.address.split(':')[1])
    const fit = createFitScanner(
      createClamd({ address: stopped.address, timeoutMs: 2_000 }),
      CHECKED,
    )
    await fit.check()
    await stopped.close()
    world = await createWorld({ profiles: { default: { scan: 'required' } }, scanner: fit })
    const id = await uploaded(someBytes(1_000))
    await world.work()
    expect((await findById(world.store, id))?.state).toBe('received')

    const again = await startClamd('32M', port)
    world.clock.advance(5)
    await world.work()
    expect(await findById(world.store, id)).toMatchObject({
      state: 'ready',
      object: { scan: 'clean' },
    })
    await again.close()
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
    const id = await uploaded(someBytes(300_000))
    await world.work()
    expect((await findById(world.store, id))?.state).toBe('received')
    world.clock.advance(90_000)
    await world.work()
    expect((await findById(world.store, id))?.state).toBe('failed')
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
