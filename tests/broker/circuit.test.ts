import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createCircuit, pauseSeconds, type CircuitState } from '../../src/broker/circuit.ts'
import { createClock } from '../support/world.ts'

/** A dependency that can be switched off, and how often it was asked. */
function aCircuit() {
  const clock = createClock()
  const dependency = { isAway: false, checks: 0 }
  const changes: CircuitState[] = []
  const circuit = createCircuit({
    check: () => {
      dependency.checks += 1
      return dependency.isAway ? Promise.reject(new Error('away')) : Promise.resolve()
    },
    now: clock.now,
    random: () => 0,
    changed: (state) => changes.push(state),
  })
  const fail = (times: number): void => {
    for (let count = 0; count < times; count += 1) circuit.failed()
  }
  return { circuit, clock, dependency, changes, fail }
}

describe('a circuit', () => {
  it('opens after five outages in a row, and not when one success lies between', async () => {
    const { circuit, fail, changes } = aCircuit()
    fail(4)
    circuit.succeeded()
    fail(4)
    expect(await circuit.passes()).toBe(true)
    fail(1)
    expect(await circuit.passes()).toBe(false)
    expect(changes).toEqual(['open'])
  })

  it('lets nobody through during the pause, and one check decide after it', async () => {
    const { circuit, clock, dependency, fail, changes } = aCircuit()
    dependency.isAway = true
    fail(5)
    expect([await circuit.passes(), dependency.checks]).toEqual([false, 0])
    clock.advance(1)
    // Many come in the same moment; one of them asks.
    const all = await Promise.all(Array.from({ length: 50 }, () => circuit.passes()))
    expect([new Set(all), dependency.checks]).toEqual([new Set([false]), 1])
    dependency.isAway = false
    clock.advance(2)
    expect(await circuit.passes()).toBe(true)
    expect(changes).toEqual(['open', 'closed'])
  })

  it('asks a store that stays away about 120 times an hour, whatever the number of callers', async () => {
    const { circuit, clock, dependency, fail } = aCircuit()
    dependency.isAway = true
    fail(5)
    for (let second = 0; second < 3600; second += 1) {
      clock.advance(1)
      await Promise.all([circuit.passes(), circuit.passes()])
    }
    expect(dependency.checks).toBeGreaterThan(100)
    expect(dependency.checks).toBeLessThan(140)
  })

  it('after any run of outages and recoveries passes again within 30 s of the dependency', async () => {
    const steps = fc.array(fc.constantFrom('fail', 'succeed', 'away', 'back', 'wait'), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { circuit, clock, dependency, fail } = aCircuit()
        for (const step of taken) {
          if (step === 'fail') fail(1)
          if (step === 'succeed') circuit.succeeded()
          if (step === 'wait') clock.advance(7)
          if (step === 'away' || step === 'back') dependency.isAway = step === 'away'
          await circuit.passes()
        }
        dependency.isAway = false
        clock.advance(30)
        expect(await circuit.passes()).toBe(true)
        expect(circuit.state()).toBe('closed')
      }),
    )
  })
})

describe('pauseSeconds', () => {
  it('doubles from one second to thirty, less up to half', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((pauses) => pauseSeconds(pauses, 0))).toEqual([
      1, 2, 4, 8, 16, 30, 30,
    ])
    expect([1, 6].map((pauses) => pauseSeconds(pauses, 1))).toEqual([0.5, 15])
  })
})
