import { afterAll, describe, expect, it } from '@jest/globals'
import { detectType } from '../../src/inspect/detect-type.ts'
import { createDetector } from '../../src/inspect/detector.ts'
import { PNG, someBytes } from '../support/uploads.ts'

const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])

const detector = createDetector()
afterAll(() => detector.close())

const tell = (bytes: Buffer, isWhole: boolean) => detectType({ bytes, isWhole }, detector.detect)

describe('detectType', () => {
  it.each<[string, Buffer, string | null]>([
    ['a PNG', PNG, 'image/png'],
    ['plain text', Buffer.from('a,b\n1,2\n'), 'text/plain'],
    ['HTML', Buffer.from('  <!DOCTYPE html><p>hi'), 'text/html'],
    ['HTML behind a comment', Buffer.from('<!-- x --><script>alert(1)</script>'), 'text/html'],
    ['HTML behind a byte order mark', Buffer.from('\ufeff<html>'), 'text/html'],
    ['HTML in UTF-16', utf16('<html><script>'), 'text/html'],
    ['SVG without a prolog', Buffer.from('<svg onload="alert(1)">'), 'image/svg+xml'],
    ['SVG with one', Buffer.from('<?xml version="1.0"?><!-- a --><svg>'), 'image/svg+xml'],
    ['XML', Buffer.from('<?xml version="1.0"?><a/>'), 'application/xml'],
    ['a Windows program', Buffer.from('MZ' + 'x'.repeat(100)), 'application/x-msdownload'],
    ['an ELF program', Buffer.from('\x7fELF\x02\x01\x01' + '\0'.repeat(60)), 'application/x-elf'],
    ['bytes of no type', someBytes(4096), null],
    ['text with a NUL', Buffer.from('abc\0def'), null],
    ['nothing', Buffer.alloc(0), null],
  ])('tells %s', async (_name, head, type) => {
    expect(await tell(head, true)).toBe(type)
  })

  it('takes a character that the head cuts in two for text', async () => {
    const head = Buffer.from('x'.repeat(4095) + 'é').subarray(0, 4096)
    expect(await tell(head, false)).toBe('text/plain')
    expect(await tell(head, true)).toBeNull()
  })
})
