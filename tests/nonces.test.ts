import { expect, it } from '@jest/globals'
import { createNonces } from '../src/nonces.ts'

it('no bits are given twice, over many draws and from two sources', () => {
  const sources = [createNonces(), createNonces()]
  const given = Array.from({ length: 2_000 }, (_, nth) => sources[nth % 2]?.() ?? '')
  expect(new Set(given).size).toBe(2_000)
  expect(given.filter((nonce) => !/^[0-9a-f]{32}$/.test(nonce))).toEqual([])
  const halves = given.flatMap((nonce) => [nonce.slice(0, 16), nonce.slice(16)])
  expect(new Set(halves).size).toBe(4_000)
})
