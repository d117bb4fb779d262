/** The connections to the database, read at the moment of a scrape. SQLite has one, and no such series. */

import { Gauge, type Registry } from 'prom-client'

type PoolUse = { busy: number; idle: number; waiting: number; size: number }

export function poolMetrics(registers: Registry[]) {
  let read: (() => PoolUse) | null = null
  new Gauge({
    name: 'berth_database_connections',
    help: 'Connections of this process to the database, by what they do.',
    labelNames: ['state'],
    registers,
    collect() {
      if (!read) return
      const { busy, idle } = read()
      this.set({ state: 'busy' }, busy)
      this.set({ state: 'idle' }, idle)
    },
  })
  const single = (name: string, help: string, value: (use: PoolUse) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        if (read) this.set(value(read()))
      },
    })
  single(
    'berth_database_connections_max',
    'DATABASE_POOL_SIZE: the most connections of this process; 0 without a pool.',
    ({ size }) => size,
  )
  single(
    'berth_database_waiting',
    'Calls that wait for a connection, because all are busy.',
    ({ waiting }) => waiting,
  )
  return {
    /** @param use null: there is no pool. */
    databasePool: (use: (() => PoolUse) | null): void => {
      read = use
    },
  }
}
