/** The numbers of a tenant over time: what was counted by the hour, and what has happened since. */

import {
  listChanges,
  sumTallies,
  tallyPosition,
  type Position,
  type Sum,
} from '../store/tallies.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Measure } from '../upload/tally.ts'
import type { Deps } from './deps.ts'
import { HOUR_MS, tallied } from './tally-changes.ts'

/** Each range in hours, and how many of them make one point. */
const RANGES = {
  day: { hours: 24, stepHours: 1 },
  week: { hours: 168, stepHours: 6 },
  month: { hours: 720, stepHours: 24 },
  quarter: { hours: 2_160, stepHours: 24 },
} as const

export type Range = keyof typeof RANGES

export const CHART_RANGES = Object.keys(RANGES) as [Range, ...Range[]]

type Counts = Record<string, number>
type Point = { at: Date } & Record<Measure, Counts>

export type Charts = {
  range: Range
  since: Date
  until: Date
  stepSeconds: number
  /** Earlier than now only while the counting is behind. */
  countedUntil: Date
  points: Point[]
}

/** Changes that are not counted yet, of all tenants: a minute's worth, and so many are read. */
const MOST_RECENT = 2_000

const TRIES = 3

type ChartDeps = Pick<Deps, 'store' | 'now'>

export async function drawCharts(deps: ChartDeps, tenant: string, range: Range): Promise<Charts> {
  const { hours, stepHours } = RANGES[range]
  const stepMs = stepHours * HOUR_MS
  const now = deps.now()
  const until = new Date((Math.floor(now.getTime() / stepMs) + 1) * stepMs)
  const span = { since: addSeconds(until, -hours * 3600), until }
  const { sums, countedUntil } = await countedIn(deps, tenant, span, stepMs)
  const points = pointsOf(span, stepMs)
  for (const { at, measure, name, count } of sums) {
    const point = points.get(at.getTime())
    if (point) point[measure][name] = (point[measure][name] ?? 0) + count
  }
  return { range, ...span, stepSeconds: stepMs / 1000, countedUntil, points: [...points.values()] }
}

type Span = { since: Date; until: Date }

/** Asked again when the counting moved on meanwhile, or changes would be counted twice. */
async function countedIn(deps: ChartDeps, tenant: string, span: Span, stepMs: number) {
  for (let tried = 1; ; tried += 1) {
    const from = await tallyPosition(deps.store)
    const settled = await sumTallies(deps.store, tenant, span, stepMs)
    const { recent, countedUntil } = await countRecent(deps, tenant, from, stepMs)
    const now = await tallyPosition(deps.store)
    if (isSame(from, now) || tried === TRIES) return { sums: [...settled, ...recent], countedUntil }
  }
}

const isSame = (a: Position, b: Position): boolean =>
  a.at.getTime() === b.at.getTime() && a.uploadId === b.uploadId && a.version === b.version

async function countRecent(
  { store, now }: ChartDeps,
  tenant: string,
  from: Position,
  stepMs: number,
) {
  const until = addSeconds(now(), 1)
  const changes = await listChanges(store, from, until, MOST_RECENT)
  const recent: Sum[] = tallied(changes)
    .filter((row) => row.tenant === tenant)
    .map(({ hour, ...row }) => ({ ...row, at: new Date(hour - (hour % stepMs)) }))
  const isAll = changes.length < MOST_RECENT
  return { recent, countedUntil: isAll ? now() : (changes.at(-1)?.at ?? from.at) }
}

function pointsOf({ since, until }: Span, stepMs: number): Map<number, Point> {
  const points = new Map<number, Point>()
  for (let at = since.getTime(); at < until.getTime(); at += stepMs) {
    const empty = { states: {}, arrivals: {}, rejections: {}, timeToReady: {} }
    points.set(at, { at: new Date(at), ...empty })
  }
  return points
}
