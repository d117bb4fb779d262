import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { judge, judgeObserved, type Inspected } from '../../src/upload/verdict.ts'
import { aProfile, aSlotRequest } from '../support/uploads.ts'

const declared = aSlotRequest({ contentType: 'image/png', size: 10, sha256: 'declared' })
const inspected: Inspected = {
  size: 10,
  sha256: 'declared',
  detectedType: 'image/png',
  scan: { outcome: 'off' },
}

describe('judge', () => {
  it('is ready, with the registered name of the type, when everything is as declared', () => {
    const jpg = { ...declared, contentType: 'image/jpg' }
    const verdict = judge(jpg, { ...inspected, detectedType: 'image/jpeg' }, aProfile())
    expect(verdict).toEqual({ outcome: 'ready', contentType: 'image/jpeg', scan: 'off' })
  })

  it.each<[string, Partial<Inspected>, Record<string, unknown>]>([
    ['size-mismatch', { size: 11 }, {}],
    ['size-mismatch', { size: 0 }, {}],
    ['sha256-mismatch', { sha256: 'other' }, {}],
    ['content-type-mismatch', { detectedType: 'image/gif' }, {}],
    ['content-type-mismatch', { detectedType: 'text/html' }, {}],
    ['content-type-mismatch', { detectedType: null }, { undetected: 'reject' }],
  ])('rejects with %s when the bytes are %j', (reason, change, profile) => {
    const verdict = judge(declared, { ...inspected, ...change }, aProfile(profile))
    expect(verdict).toMatchObject({ outcome: 'rejected', rejection: { reason } })
  })

  it('rejects active content that hides behind a generic type', () => {
    const generic = { ...declared, contentType: 'application/octet-stream' }
    const html = { ...inspected, detectedType: 'text/html' }
    const verdict = judge(generic, html, aProfile())
    expect(verdict).toMatchObject({ rejection: { reason: 'content-type-not-allowed' } })
  })

  it('accepts bytes of no known type where the profile does', () => {
    const verdict = judge(declared, { ...inspected, detectedType: null }, aProfile())
    expect(verdict.outcome).toBe('ready')
  })

  it('says empty when a declared zero is no longer allowed', () => {
    const none = { ...declared, size: 0, sha256: null }
    const verdict = judge(none, { ...inspected, size: 0, detectedType: null }, aProfile())
    expect(verdict).toMatchObject({ rejection: { reason: 'empty' } })
  })

  it('never calls bytes ready that differ from what was declared', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.constantFrom('declared', 'other'), (size, sha256) => {
        const verdict = judge(declared, { ...inspected, size, sha256 }, aProfile())
        expect(verdict.outcome === 'ready').toBe(size === 10 && sha256 === 'declared')
      }),
    )
  })
})

describe('judgeObserved', () => {
  const observed = { size: 10, contentType: 'image/png', etag: '"e"', versionId: null }

  it('finds nothing wrong with what was declared, parameters aside', () => {
    const withCharset = { ...observed, contentType: 'Image/PNG; charset=binary' }
    expect(judgeObserved(declared, observed)).toBeNull()
    expect(judgeObserved(declared, withCharset)).toBeNull()
  })

  it.each([
    ['size-mismatch', { size: 9 }],
    ['size-mismatch', { size: -1 }],
    ['content-type-mismatch', { contentType: 'text/html' }],
    ['content-type-mismatch', { contentType: '' }],
  ])('rejects with %s before a byte is read when the HEAD says %j', (reason, change) => {
    expect(judgeObserved(declared, { ...observed, ...change })).toMatchObject({ reason })
  })
})
