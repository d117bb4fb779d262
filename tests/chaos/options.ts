/** What a run is told: how many uploads, which seed, which databases. */

import { randomInt } from 'node:crypto'

export type Mode = 'postgres' | 'sqlite'

export type Options = {
  mode: Mode
  uploads: number
  seed: number
  /** Over how long the uploads begin. */
  loadSeconds: number
  /** Where history, records and logs of the run go. */
  folder: string
}

/** What the nodes are told; short, so that leases and deadlines pass within a run. */
export const TIMES = {
  leaseSeconds: 4,
  sweepIntervalSeconds: 2,
  landGraceSeconds: 5,
  landMarginSeconds: 3,
  /** Not a setting: twice as long as an attempt may take. */
  deliveryLeaseSeconds: 30,
  /** So often, and so soon after one another, that no flapping makes a dead letter. */
  deliverySchedule: [0, 1, 1, 1, 2, 2, 2, ...Array.from({ length: 23 }, () => 3)],
  /** What an open upload may take on top of its deadline and one lease. */
  slackSeconds: 10,
}

/** The last part of the load meets no new fault, so that what is open at its end is no backlog. */
const CALM_SHARE = 0.25
const LONGEST_CALM_SECONDS = 60

export const stormSeconds = (loadSeconds: number): number =>
  loadSeconds - Math.min(LONGEST_CALM_SECONDS, loadSeconds * CALM_SHARE)

const PER_SECOND = 16
const SHORTEST_LOAD_SECONDS = 30
const SHARE_OF_SQLITE = 0.2

/** One run per mode; by default many uploads on PostgreSQL, and some on SQLite. */
export function readOptions(env: NodeJS.ProcessEnv): Options[] {
  const uploads = numberFrom(env, 'CHAOS_UPLOADS', 2_000)
  const seed = numberFrom(env, 'CHAOS_SEED', randomInt(1_000_000))
  const rate = numberFrom(env, 'CHAOS_PER_SECOND', PER_SECOND)
  const mode = env['CHAOS_MODE'] ?? 'both'
  if (mode === 'postgres' || mode === 'sqlite') return [optionsFor(mode, uploads, seed, rate)]
  if (mode !== 'both') throw new Error(`CHAOS_MODE: expected postgres, sqlite or both, got ${mode}`)
  const fewer = Math.ceil(uploads * SHARE_OF_SQLITE)
  return [optionsFor('postgres', uploads, seed, rate), optionsFor('sqlite', fewer, seed, rate)]
}

function optionsFor(mode: Mode, uploads: number, seed: number, rate: number): Options {
  const loadSeconds = Math.max(SHORTEST_LOAD_SECONDS, uploads / rate)
  const folder = `test-output/chaos/${mode}-${seed}`
  return { mode, uploads, seed, loadSeconds, folder }
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const given = env[name]
  if (given === undefined || given === '') return otherwise
  if (!/^\d{1,9}$/.test(given)) throw new Error(`${name}: expected a whole number, got ${given}`)
  return Number(given)
}
