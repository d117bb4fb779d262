import { describe, expect, it } from '@jest/globals'
import { createChanges, type Version } from '../../src/store/changes.ts'
import { until } from '../support/processes.ts'

const never = new AbortController().signal

/** The database, as far as it is asked here. */
function aDatabase(versions: Map<string, number>) {
  const asked: Version[][] = []
  const newerThan = (known: Version[]): Promise<Version[]> => {
    asked.push(known)
    const now = known.map(({ id }) => ({ id, version: versions.get(id) ?? 0 }))
    return Promise.resolve(now.filter(({ version }, nth) => version > (known[nth]?.version ?? 0)))
  }
  return { asked, changes: createChanges(newerThan) }
}

describe('those who wait on one node', () => {
  it('share one question to the database, however many they are', async () => {
    const versions = new Map(Array.from({ length: 2_000 }, (_, nth) => [`upl_${nth}`, 1]))
    const { asked, changes } = aDatabase(versions)
    const ears = [...versions.keys()].map((id) => changes.listen(id))
    const startedAt = performance.now()
    await until('four questions', () => Promise.resolve(asked.length >= 4))
    const seconds = (performance.now() - startedAt) / 1000
    expect(asked.length).toBeLessThanOrEqual(4 * seconds + 1)
    expect(asked.every((known) => known.length === 2_000)).toBe(true)
    ears.forEach((ear) => ear.end())
    changes.stop()
  })

  it('are told of what another node did, and it is not asked for again', async () => {
    const versions = new Map([['upl_1', 3]])
    const { asked, changes } = aDatabase(versions)
    const ear = changes.listen('upl_1')
    await ear.changedFrom(2, 5_000, never)
    await until('the next question', () => Promise.resolve(asked.length >= 2))
    expect(asked[1]).toEqual([{ id: 'upl_1', version: 3 }])
    ear.end()
    changes.stop()
  })

  it('ask nothing once nobody waits', async () => {
    const { asked, changes } = aDatabase(new Map([['upl_1', 1]]))
    const ear = changes.listen('upl_1')
    await until('a question', () => Promise.resolve(asked.length === 1))
    ear.end()
    const other = aDatabase(new Map([['upl_2', 1]]))
    const clock = other.changes.listen('upl_2')
    await until('two ticks of another clock', () => Promise.resolve(other.asked.length >= 3))
    expect(asked.length).toBeLessThanOrEqual(2)
    clock.end()
    other.changes.stop()
    changes.stop()
  })
})
