import { describe, expect, it } from '@jest/globals'
import { admits, agrees } from '../../src/upload/content-type.ts'
import { assertAllowed, assertTerms, landByFor } from '../../src/upload/policy.ts'
import { aProfile, aSlotRequest } from '../support/uploads.ts'

describe('admits', () => {
  it.each([
    ['image/png', ['image/png'], true],
    ['image/png', ['image/*'], true],
    ['image/png', ['*/*'], true],
    ['image/png', ['image/gif'], false],
    ['image/svg+xml', ['image/*'], false],
    ['image/svg+xml', ['*/*'], false],
    ['image/svg+xml', ['image/svg+xml'], true],
    ['text/html', ['text/*', '*/*'], false],
    ['text/html', ['text/html'], true],
    ['application/x-msdownload', ['*/*'], false],
  ])('tells whether %s is among %j: %s', (type, patterns, admitted) => {
    expect(admits(patterns, type)).toBe(admitted)
  })
})

describe('agrees', () => {
  it.each([
    ['image/jpg', 'image/jpeg', true],
    ['image/png', 'image/gif', false],
    ['application/octet-stream', 'image/gif', true],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/zip',
      true,
    ],
    ['application/zip', 'application/x-cfb', false],
    ['text/csv', 'text/plain', true],
    ['application/json', 'text/plain', true],
    ['image/png', 'text/plain', false],
    ['image/svg+xml', 'application/xml', true],
  ])('lets %s be bytes that look like %s: %s', (declared, detected, fine) => {
    expect(agrees(declared, detected)).toBe(fine)
  })
})

describe('assertAllowed', () => {
  it.each([
    ['size-over-limit', { size: 101 }],
    ['size-under-limit', { size: 9 }],
    ['content-type-not-allowed', { contentType: 'text/html', size: 50 }],
  ])('refuses with %s, naming value and limit', (slug, change) => {
    const profile = aProfile({ minSize: 10, maxSize: 100 })
    const refuse = () => assertAllowed(aSlotRequest(change), profile)
    expect(refuse).toThrow(expect.objectContaining({ fields: expect.objectContaining({ slug }) }))
  })

  it('admits the limits themselves', () => {
    const profile = aProfile({ minSize: 10, maxSize: 100 })
    expect(() => assertAllowed(aSlotRequest({ size: 10 }), profile)).not.toThrow()
    expect(() => assertAllowed(aSlotRequest({ size: 100 }), profile)).not.toThrow()
  })

  it('caps an object at 5 TiB, whatever the profile says', () => {
    const profile = aProfile({ maxSize: '6TiB' })
    expect(() => assertAllowed(aSlotRequest({ size: 5 * 1024 ** 4 }), profile)).not.toThrow()
    expect(() => assertAllowed(aSlotRequest({ size: 5 * 1024 ** 4 + 1 }), profile)).toThrow(
      'size-over-limit',
    )
  })
})

describe('assertTerms', () => {
  it('names a missing sha256 and a too long expiresIn at once', () => {
    const profile = aProfile({ sha256: 'required', slotTtl: '1m' })
    const refuse = () => assertTerms(aSlotRequest(), 61, profile)
    expect(refuse).toThrow(/\/sha256.*\/expiresIn/)
  })
})

describe('landByFor', () => {
  const expiry = new Date('2026-01-01T00:00:00Z')
  const grace = { landGraceSeconds: 900, landMarginSeconds: 120 }

  it('is grace and margin after the expiry of a small slot', () => {
    expect(landByFor(expiry, 1, grace)).toEqual(new Date('2026-01-01T00:17:00Z'))
  })

  it('gives a large object the time that 64 KiB/s need', () => {
    const size = 64 * 1024 * 3600
    expect(landByFor(expiry, size, grace)).toEqual(new Date('2026-01-01T01:02:00Z'))
  })
})
