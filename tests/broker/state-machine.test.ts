import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkInvariants, checkQuiet } from '../support/invariants.ts'
import { createModel, type Model } from '../support/model.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

/** Each command is one line: its name, and what it does to the real thing. */
type Command = { name: string; run: (model: Model) => Promise<void> }

const which = fc.nat(5)

const commands = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({ size: fc.integer({ min: 1, max: 200 }), declared: fc.boolean() })
        .map(({ size, declared }): Command => ({
          name: `Issue(${size}, ${declared})`,
          run: (m) => m.issue(size, declared),
        })),
    },
    {
      weight: 5,
      arbitrary: which.map((n): Command => ({
        name: `Put(${n})`,
        run: (m) => m.put(n, 'promised'),
      })),
    },
    {
      weight: 2,
      arbitrary: which.map((n): Command => ({
        name: `PutAgain(${n})`,
        run: (m) => m.put(n, 'other'),
      })),
    },
    {
      weight: 4,
      arbitrary: which.map((n): Command => ({ name: `Event(${n})`, run: (m) => m.event(n, 1) })),
    },
    {
      weight: 2,
      arbitrary: which.map((n): Command => ({
        name: `DuplicateEvent(${n})`,
        run: (m) => m.event(n, 2),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.constant<Command>({ name: 'LoseEvent', run: () => Promise.resolve() }),
    },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(1, 20, 100, 1000, 3000)
        .map((seconds): Command => ({ name: `Tick(${seconds})`, run: (m) => m.tick(seconds) })),
    },
    {
      weight: 2,
      arbitrary: fc
        .nat(12)
        .map((after): Command => ({ name: `Crash(${after})`, run: (m) => m.crash(after) })),
    },
    { weight: 2, arbitrary: fc.constant<Command>({ name: 'Restart', run: (m) => m.restart() }) },
    {
      weight: 1,
      arbitrary: which.map((n): Command => ({ name: `Cancel(${n})`, run: (m) => m.cancel(n) })),
    },
    {
      weight: 2,
      arbitrary: which.map((n): Command => ({ name: `Complete(${n})`, run: (m) => m.complete(n) })),
    },
  ),
  { minLength: 5, maxLength: 30 },
)

const readable = commands.map((list) =>
  Object.assign(list, { toString: () => list.map(({ name }) => name).join(' ') }),
)

/** @param newUrl where the records are; undefined: SQLite in the model's own folder. */
async function holdsAlways(runs: number, newUrl?: () => Promise<string>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(readable, fc.boolean(), async (list, protectedStore) => {
      const folder = mkdtempSync(join(tmpdir(), 'berth-model-'))
      const model = await createModel(folder, protectedStore, await newUrl?.())
      try {
        for (const command of list) {
          await command.run(model)
          await checkInvariants(model)
        }
        await model.settle()
        await checkInvariants(model)
        await checkQuiet(model)
      } finally {
        await model.close()
        rmSync(folder, { recursive: true })
      }
    }),
    { numRuns: runs, interruptAfterTimeLimit: 100_000 },
  )
  expect.hasAssertions()
}

const RUNS = Number(process.env['MODEL_RUNS'] ?? 60)

describe('an upload', () => {
  it(
    'keeps every invariant after every step, and reaches a final state, whatever happens in whatever order',
    () => holdsAlways(RUNS),
    120_000,
  )
})

describe('an upload on PostgreSQL', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  }, 60_000)
  afterAll(() => postgres.close())

  it('keeps and reaches the same', () => holdsAlways(RUNS / 3, postgres.newDatabase), 120_000)
})
