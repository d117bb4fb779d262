import { afterAll, describe, expect, it } from '@jest/globals'
import { deflateRawSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { createDetector } from '../../src/inspect/detector.ts'
import { inspect } from '../../src/inspect/inspect.ts'
import { judge } from '../../src/upload/verdict.ts'
import { aProfile, aSlotRequest, PNG, someBytes } from '../support/uploads.ts'

const detector = createDetector()
const rows: string[] = []
afterAll(async () => {
  await detector.close()
  process.stdout.write(`${rows.join('\n')}\n`)
})

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const utf16 = (text: string): Buffer =>
  Buffer.concat([latin1('\xff\xfe'), Buffer.from(text, 'utf16le')])
const PDF = latin1('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n')
const JPEG = Buffer.concat([
  latin1('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0'),
  someBytes(64),
])

/** One stored entry of a ZIP; the sizes may lie. */
function zipEntry(name: string, data: Buffer, unpackedSize = data.length): Buffer {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(20, 4)
  head.writeUInt16LE(8, 8)
  head.writeUInt32LE(data.length, 18)
  head.writeUInt32LE(unpackedSize, 22)
  head.writeUInt16LE(name.length, 26)
  return Buffer.concat([head, latin1(name), data])
}

const bomb = deflateRawSync(Buffer.alloc(300 * 1024 ** 2), { level: 9 })
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

type Row = [string, string, Buffer, string]

const DISGUISES: Row[] = [
  ['H1 a PNG', 'image/png', PNG, 'ready'],
  [
    'H5 HTML as PNG',
    'image/png',
    latin1('<html><script>alert(1)</script>'),
    'content-type-mismatch',
  ],
  [
    'HTML as octet-stream',
    'application/octet-stream',
    latin1('<!doctype html><p>'),
    'content-type-not-allowed',
  ],
  [
    'H6 SVG without a prolog as PNG',
    'image/png',
    latin1('<svg onload="alert(1)">'),
    'content-type-mismatch',
  ],
  [
    'H6 SVG with a prolog as PNG',
    'image/png',
    latin1('<?xml version="1.0"?><svg/>'),
    'content-type-mismatch',
  ],
  ['H7 GIF and JavaScript as GIF', 'image/gif', latin1('GIF89a=1;/*..*/alert(1)'), 'ready'],
  [
    'JPEG with a script behind as JPEG',
    'image/jpeg',
    Buffer.concat([JPEG, latin1('<script>alert(1)</script>')]),
    'ready',
  ],
  [
    'UTF-16 HTML as audio',
    'audio/mpeg',
    utf16('<html><script>alert(1)</script>'),
    'content-type-mismatch',
  ],
  [
    'UTF-16 HTML as octet-stream',
    'application/octet-stream',
    utf16('<html>'),
    'content-type-not-allowed',
  ],
  [
    'H8 a Windows program as octet-stream',
    'application/octet-stream',
    Buffer.concat([latin1('MZ'), someBytes(200)]),
    'content-type-not-allowed',
  ],
  [
    'H8 an ELF program as PNG',
    'image/png',
    Buffer.concat([latin1('\x7fELF\x02\x01\x01'), someBytes(64)]),
    'content-type-mismatch',
  ],
  [
    'H9 PDF and ZIP as PDF',
    'application/pdf',
    Buffer.concat([PDF, zipEntry('a', someBytes(9))]),
    'ready',
  ],
  [
    'H10 PDF after junk as PDF',
    'application/pdf',
    Buffer.concat([someBytes(100), PDF]),
    'content-type-mismatch',
  ],
  ['H11 a PNG as GIF', 'image/gif', PNG, 'content-type-mismatch'],
  ['H14 a JPEG as image/jpg', 'image/jpg', JPEG, 'ready'],
  ['H15 CSV as CSV', 'text/csv', latin1('a,b\n1,2\n'), 'ready'],
  ['H15 HTML as plain text', 'text/plain', latin1(' <!-- x --><html>'), 'content-type-mismatch'],
  ['H15 text with a NUL as plain text', 'text/plain', latin1('abc\0def'), 'content-type-mismatch'],
  [
    'H19 a ZIP of ZIPs as ZIP',
    'application/x-zip-compressed',
    zipEntry('lib 0.zip', someBytes(4000), 2 ** 32 - 1),
    'ready',
  ],
  [
    'H19 a 300 MiB document in 300 KB',
    DOCX,
    zipEntry('[Content_Types].xml', bomb, 300 * 1024 ** 2),
    'ready',
  ],
  [
    'a cut-off MKV as MKV',
    'video/x-matroska',
    latin1('\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff'),
    'content-type-mismatch',
  ],
  [
    'endless EBML sizes as MKV',
    'video/x-matroska',
    latin1('\x1a\x45\xdf\xa3\x80\xec\x80'.repeat(580)),
    'any',
  ],
]

describe('disguises', () => {
  it.each(DISGUISES)(
    '%s, declared %s, is judged by the rules, quickly',
    async (name, contentType, bytes, expected) => {
      const started = performance.now()
      const pass = {
        body: Readable.from([bytes]),
        contentLength: bytes.length,
        scan: false,
        signal: new AbortController().signal,
      }
      const inspected = await inspect(
        { detect: detector.detect, scanner: null, idleMs: 1_000 },
        pass,
      )
      const ms = performance.now() - started
      const declared = aSlotRequest({ contentType, size: bytes.length })
      const verdict = judge(declared, inspected, aProfile({ undetected: 'reject' }))
      const found = verdict.outcome === 'ready' ? 'ready' : verdict.rejection.reason
      rows.push(
        `${name.padEnd(40)} ${(inspected.detectedType ?? 'undetected').padEnd(30)} ${found.padEnd(26)} ${ms.toFixed(1)} ms`,
      )
      if (expected !== 'any') expect(found).toBe(expected)
    },
  )

  it('costs no memory to speak of: nothing is ever unpacked', async () => {
    const before = process.memoryUsage().rss
    const document = zipEntry('[Content_Types].xml', bomb, 300 * 1024 ** 2)
    for (let nth = 0; nth < 50; nth += 1) {
      const body = Readable.from([document])
      const { signal } = new AbortController()
      const pass = { body, contentLength: document.length, scan: false, signal }
      await inspect({ detect: detector.detect, scanner: null, idleMs: 1_000 }, pass)
    }
    const grown = (process.memoryUsage().rss - before) / 1024 ** 2
    rows.push(`50 office bombs: memory + ${grown.toFixed(1)} MiB`)
    expect(grown).toBeLessThan(32)
  })
})

describe('the detector', () => {
  const STUCK = new URL('../support/stuck-detector.js', import.meta.url)

  it('gives up on a head that is late twice, and goes on with the next in a fresh thread', async () => {
    const own = createDetector(STUCK, { firstMs: 50, secondMs: 300 })
    const started = performance.now()
    expect(await own.detect(latin1('stuck'))).toBeNull()
    rows.push(
      `a head that never ends: given up after ${(performance.now() - started).toFixed(0)} ms, thread start included`,
    )
    expect(await own.detect(latin1('fine'))).toBe('application/fine')
    await own.close()
  })

  it('tells a head that is late once for what it is, and holds nobody up meanwhile', async () => {
    const own = createDetector(STUCK, { firstMs: 50, secondMs: 2_000 })
    const slow = own.detect(latin1('slow'))
    expect(await own.detect(latin1('fine'))).toBe('application/fine')
    expect(await slow).toBe('application/fine')
    await own.close()
  })
})
