import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { addSeconds } from '../../src/upload/policy.ts'
import { backoffSeconds, nextLookAt } from '../../src/upload/schedule.ts'

const createdAt = new Date('2026-01-01T00:00:00Z')
const timed = {
  createdAt,
  slotExpiresAt: addSeconds(createdAt, 900),
  landBy: addSeconds(createdAt, 1920),
}

describe('nextLookAt', () => {
  it.each([
    [0, 15],
    [15, 45],
    [45, 120],
    [120, 300],
    [300, 900],
    [900, 1920],
    [1920, 1920],
    [5000, 1920],
  ])('plans the look after second %d at second %d', (now, next) => {
    expect(nextLookAt(timed, addSeconds(createdAt, now))).toEqual(addSeconds(createdAt, next))
  })

  it('never plans a look beyond landBy, and moves on until it is there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 3600 }),
        fc.integer({ min: 0, max: 3600 }),
        (ttl, grace) => {
          const slotExpiresAt = addSeconds(createdAt, ttl)
          const landBy = addSeconds(slotExpiresAt, grace)
          let now = createdAt
          for (let looks = 0; looks < 10; looks += 1) {
            const next = nextLookAt({ createdAt, slotExpiresAt, landBy }, now)
            expect(next.getTime()).toBeLessThanOrEqual(landBy.getTime())
            if (next.getTime() === landBy.getTime()) return
            expect(next.getTime()).toBeGreaterThan(now.getTime())
            now = next
          }
          throw new Error('landBy was never reached')
        },
      ),
    )
  })
})

describe('backoffSeconds', () => {
  it('doubles from one second to ten minutes', () => {
    const without = [1, 2, 3, 4, 10, 11, 100].map((attempts) => backoffSeconds(attempts, 0))
    expect(without).toEqual([1, 2, 4, 8, 512, 600, 600])
  })

  it('is spread over the later half, never longer and never at once', () => {
    const attempts = fc.integer({ min: 1, max: 200 })
    fc.assert(
      fc.property(attempts, fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
        const [longest, drawn] = [backoffSeconds(count, 0), backoffSeconds(count, random)]
        expect(drawn).toBeLessThanOrEqual(longest)
        expect(drawn).toBeGreaterThanOrEqual(longest / 2)
      }),
    )
  })
})
