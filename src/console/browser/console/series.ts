/** The charts: which of the counted numbers each of them shows, and in which order. */

import type { Counts, Point } from './answers.ts'

export type Series = { name: string; label: string; tone: string }

export type ChartSpec = {
  title: string
  /** Of the vertical axis. */
  unit: string
  of: (point: Point) => Counts
  series: (points: readonly Point[]) => Series[]
}

const fixed =
  (...series: Series[]) =>
  (): Series[] =>
    series

const REASON_TONES = ['red', 'amber', 'violet', 'teal', 'blue', 'grey', 'pink', 'green', 'brown']

/** Those that occur, the most frequent first. */
function reasons(points: readonly Point[]): Series[] {
  const totals = sumOf(points.map(({ rejections }) => rejections))
  return Object.keys(totals)
    .sort((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0))
    .map((name, nth) => ({ name, label: name, tone: REASON_TONES[nth] ?? 'grey' }))
}

export const CHARTS: readonly ChartSpec[] = [
  {
    title: 'Slots issued',
    unit: 'slots',
    of: ({ states }) => ({ issued: states['pending'] ?? 0 }),
    series: fixed({ name: 'issued', label: 'issued', tone: 'blue' }),
  },
  {
    title: 'How uploads ended',
    unit: 'uploads',
    of: ({ states }) => states,
    series: fixed(
      { name: 'ready', label: 'ready', tone: 'green' },
      { name: 'rejected', label: 'rejected', tone: 'red' },
      { name: 'expired', label: 'expired', tone: 'amber' },
      { name: 'canceled', label: 'canceled', tone: 'grey' },
      { name: 'failed', label: 'failed', tone: 'pink' },
      { name: 'deleted', label: 'deleted', tone: 'brown' },
    ),
  },
  {
    title: 'Arrivals by what told of them',
    unit: 'arrivals',
    of: ({ arrivals }) => arrivals,
    series: fixed(
      { name: 'event', label: "the store's event", tone: 'blue' },
      { name: 'complete', label: 'the client', tone: 'teal' },
      { name: 'sweep', label: 'found by looking', tone: 'amber' },
    ),
  },
  {
    title: 'Time from arrival to ready',
    unit: 'uploads',
    of: ({ timeToReady }) => byPatience(timeToReady),
    series: fixed(
      { name: 'second', label: 'within 1 s', tone: 'green' },
      { name: 'five', label: '1 to 5 s', tone: 'teal' },
      { name: 'minute', label: '5 to 60 s', tone: 'amber' },
      { name: 'longer', label: 'longer', tone: 'red' },
    ),
  },
  {
    title: 'Rejections by reason',
    unit: 'uploads',
    of: ({ rejections }) => rejections,
    series: reasons,
  },
]

function byPatience(times: Counts): Counts {
  const grouped: Counts = {}
  for (const [longest, count] of Object.entries(times)) {
    const seconds = longest === 'more' ? Infinity : Number(longest)
    const name =
      seconds <= 1 ? 'second' : seconds <= 5 ? 'five' : seconds <= 60 ? 'minute' : 'longer'
    grouped[name] = (grouped[name] ?? 0) + count
  }
  return grouped
}

export function sumOf(all: readonly Counts[]): Counts {
  const total: Counts = {}
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
  }
  return total
}

/** The shortest time within which so much of all were ready, in words; null: none were. */
export function readyWithin(points: readonly Point[], share: number): string | null {
  const times = sumOf(points.map(({ timeToReady }) => timeToReady))
  const all = Object.values(times).reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  const ends = Object.keys(times).filter((name) => name !== 'more')
  let within = 0
  for (const end of ends.sort((a, b) => Number(a) - Number(b))) {
    within += times[end] ?? 0
    if (within >= share * all) return `${end} s`
  }
  return 'more than 5 min'
}
