/** Statements that are compiled once for each database, and run with other values every time. */

import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Schema } from './schema.ts'

/** Stands for a value while the statement is compiled. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** @param db a database or a transaction. */
type Prepared<V extends object, Row> = (db: Kysely<Schema>, values: V) => Promise<QueryResult<Row>>

/** @param build called with something that stands for each of the values; they are always the same ones. */
export function prepared<V extends object, Row>(
  build: (db: Kysely<Schema>, values: V) => Compilable<Row>,
): Prepared<V, Row> {
  // A transaction has its database's adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()
  const compile = (db: Kysely<Schema>, values: V): CompiledQuery<Row> => {
    const { adapter } = db.getExecutor()
    const known = compiled.get(adapter)
    if (known) return known
    const places = Object.keys(values).map((name) => [name, new Placeholder(name)])
    const query = build(db, Object.fromEntries(places) as V).compile()
    compiled.set(adapter, query)
    return query
  }
  return (db, values) => {
    const query = compile(db, values)
    return db.executeQuery({ ...query, parameters: query.parameters.map((at) => fill(at, values)) })
  }
}

const fill = (at: unknown, values: object): unknown =>
  at instanceof Placeholder ? (values as Record<string, unknown>)[at.name] : at
