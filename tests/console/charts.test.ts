import { describe, expect, it } from '@jest/globals'
import { everyNth, ticksUpTo } from '../../src/console/browser/console/scale.ts'
import { CHARTS, readyWithin, sumOf } from '../../src/console/browser/console/series.ts'
import { createRate } from '../../src/console/browser/drop-zone/rate.ts'
import { durationInWords, sizeInWords } from '../../src/console/browser/shared/words.ts'

const point = (change: object) => ({
  at: '2026-11-21T12:00:00.000Z',
  states: {},
  arrivals: {},
  rejections: {},
  timeToReady: {},
  ...change,
})

describe('an axis', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [40, [0, 10, 20, 30, 40]],
    [1_234, [0, 500, 1_000, 1_500]],
  ])('up to %d is marked at round, whole numbers', (most, ticks) => {
    expect(ticksUpTo(most)).toEqual(ticks)
  })

  it('writes as many moments as there is room for', () => {
    expect(everyNth(24, 620, 62)).toBe(3)
    expect(everyNth(24, 40, 62)).toBe(24)
    expect(everyNth(5, 620, 62)).toBe(1)
  })
})

describe('a chart', () => {
  it('counts every upload in one of its series', () => {
    const points = [
      point({ timeToReady: { '0.25': 3, '1': 2, '2': 4, more: 1, '60': 5 } }),
      point({ rejections: { infected: 1, 'size-mismatch': 2 } }),
    ]
    const chart = (title: string) => CHARTS.find((one) => one.title.startsWith(title))
    const times = chart('Time')
    expect(sumOf(points.map((one) => times?.of(one) ?? {}))).toEqual({
      second: 5,
      five: 4,
      minute: 5,
      longer: 1,
    })
    const reasons = chart('Rejections')
      ?.series(points)
      .map(({ name }) => name)
    expect(reasons).toEqual(['size-mismatch', 'infected'])
  })

  it('says within which time a share of the uploads was ready', () => {
    const points = [point({ timeToReady: { '0.25': 50, '5': 46, more: 4 } })]
    expect(readyWithin(points, 0.5)).toBe('0.25 s')
    expect(readyWithin(points, 0.95)).toBe('5 s')
    expect(readyWithin(points, 0.99)).toBe('more than 5 min')
    expect(readyWithin([point({})], 0.5)).toBeNull()
  })
})

describe('words', () => {
  it.each([
    [0, '0 bytes'],
    [1_023, '1023 bytes'],
    [1_536, '1.5 KiB'],
    [200 * 1024 ** 2, '200 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
  ])('%d bytes are %s', (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words)
  })

  it.each([
    [12, '12 ms'],
    [1_500, '1.5 s'],
    [90_000, '2 min'],
    [7_200_000, '2 h'],
  ])('%d ms are %s', (milliseconds, words) => {
    expect(durationInWords(milliseconds)).toBe(words)
  })
})

it('tells the speed of the last seconds, not of the whole way', () => {
  let at = 0
  const rateOf = createRate(() => at)
  expect(rateOf(0)).toBeNull()
  for (at = 1_000; at <= 10_000; at += 1_000) rateOf(at)
  at = 11_000
  expect(rateOf(20_000)).toBeGreaterThan(3_000)
})
