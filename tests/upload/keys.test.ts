import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  sealedKey,
  stagingKey,
  uploadIdFromKey,
  uploadIdFromStagingKey,
} from '../../src/upload/keys.ts'

const hex32 = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789abcdef')),
  minLength: 32,
  maxLength: 32,
})
const prefix = fc.constantFrom('', 'team/', 'a/b-c/')

describe('uploadIdFromStagingKey', () => {
  it('finds the id in every staging key, whatever the prefix', () => {
    fc.assert(
      fc.property(prefix, hex32, hex32, (before, id, nonce) => {
        expect(uploadIdFromStagingKey(stagingKey(before, `upl_${id}`, nonce))).toBe(`upl_${id}`)
      }),
    )
  })

  it('finds none in a sealed key, so that our own copies are never taken for arrivals', () => {
    fc.assert(
      fc.property(prefix, hex32, hex32, (before, id, nonce) => {
        expect(uploadIdFromStagingKey(sealedKey(before, `upl_${id}`, nonce))).toBeNull()
      }),
    )
  })

  it('finds none in any other text', () => {
    fc.assert(fc.property(fc.string(), (key) => expect(uploadIdFromStagingKey(key)).toBeNull()))
  })
})

describe('uploadIdFromKey', () => {
  it('finds the id in staging and sealed keys alike, and none in any other text', () => {
    fc.assert(
      fc.property(prefix, hex32, hex32, (before, id, nonce) => {
        const keys = [
          stagingKey(before, `upl_${id}`, nonce),
          sealedKey(before, `upl_${id}`, nonce),
          `${before}other/upl_${id}/${nonce}`,
          `${before}staging/doctor-${nonce}/0`,
        ]
        expect(keys.map(uploadIdFromKey)).toEqual([`upl_${id}`, `upl_${id}`, null, null])
      }),
    )
  })
})
