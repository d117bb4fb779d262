import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { attachment, safeName } from '../../src/upload/content-disposition.ts'

describe('safeName', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a.txt', 'a.txt'],
    ['..', 'download'],
    ['a\r\nSet-Cookie: x=1.png', 'aSet-Cookie_ x=1.png'],
    ['evil\u202Egnp.exe', 'evilgnp.exe'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['a.', 'a'],
    ['e\u0301.png', 'é.png'],
  ])('makes %j into %j', (given, safe) => {
    expect(safeName(given)).toBe(safe)
  })
})

describe('attachment', () => {
  it('round-trips any name that is safe already through RFC 8187', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        const [, encoded] = /filename\*=UTF-8''(.+)$/.exec(attachment(name)) ?? []
        expect(decodeURIComponent(encoded ?? '')).toBe(safeName(name))
      }),
    )
  })

  it('is printable ASCII in one line whatever the name is, and cannot end its quotes early', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(attachment(name)).toMatch(
          /^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
        )
      }),
    )
  })
})
