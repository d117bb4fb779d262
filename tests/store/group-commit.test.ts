import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { Kysely } from 'kysely'
import type { Engine } from '../../src/store/engine.ts'
import { createGroupCommit } from '../../src/store/group-commit.ts'
import type { Schema } from '../../src/store/schema.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

const PATIENCE_MS = 20

let db: Kysely<Schema>
let begun: number
let engine: Engine

beforeEach(() => {
  begun = 0
  engine = { ...openSqlite(':memory:'), queuePatienceMs: PATIENCE_MS }
  db = new Kysely<Schema>({
    dialect: {
      ...engine.dialect,
      createAdapter: () => engine.dialect.createAdapter(),
      createIntrospector: (on) => engine.dialect.createIntrospector(on),
      createQueryCompiler: () => engine.dialect.createQueryCompiler(),
      createDriver: () => {
        const driver = engine.dialect.createDriver()
        const begin = driver.beginTransaction.bind(driver)
        return Object.assign(driver, {
          beginTransaction: (...given: Parameters<typeof begin>) => {
            begun += 1
            return begin(...given)
          },
        })
      },
    },
  })
})
afterEach(() => db.destroy())

/** As a long garbage collection does. */
function holdUp(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

it('a write after one that gave up is in a transaction of its own, and there is no other', async () => {
  const write = createGroupCommit(db, engine)
  const first = write(() => Promise.resolve('first')).catch(() => 'gave up')
  holdUp(3 * PATIENCE_MS)
  // Timers run before the immediate in which the group would have been taken.
  await new Promise((resolve) => setTimeout(resolve))
  const second = await write(() => Promise.resolve('second'))
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
  expect([await first, second, begun]).toEqual(['gave up', 'second', 1])
})

it('writes of one turn share a transaction', async () => {
  const write = createGroupCommit(db, engine)
  const written = await Promise.all(
    Array.from({ length: 50 }, (_, nth) => write(async () => Promise.resolve(nth))),
  )
  expect([written.length, begun]).toEqual([50, 1])
})
