/** How things stand, and how they have gone. */

import { useState } from 'preact/hooks'
import type { State } from '../shared/records.ts'
import { momentInWords } from '../shared/words.ts'
import type { Charts, Count, Overview } from './answers.ts'
import { Chart } from './chart.tsx'
import { countInWords, Failure, StateLabel, Title, Waiting } from './parts.tsx'
import { addressOf } from './route.ts'
import { CHARTS, readyWithin } from './series.ts'
import { useCall } from './use-call.ts'

const EVERY_MS = 10_000

/** A long range costs more to add up, and moves less. */
const EVERY_MS_OF_MANY_DAYS = 60_000

const RANGES = [
  ['day', '24 hours'],
  ['week', '7 days'],
  ['month', '30 days'],
  ['quarter', '90 days'],
] as const

export function OverviewView() {
  const now = useCall<Overview>('v1/console/overview', EVERY_MS)
  const [range, setRange] = useState<string>('day')
  const everyMs = range === 'day' ? EVERY_MS : EVERY_MS_OF_MANY_DAYS
  const charts = useCall<Charts>(`v1/console/charts?range=${range}`, everyMs)
  const error = now.error ?? charts.error
  return (
    <>
      <Title of="Overview">Overview</Title>
      {error && <Failure error={error} />}
      {now.answer ? <Now overview={now.answer} /> : <Waiting />}
      <div class="bar">
        <h2>Over time</h2>
        <div class="choices" role="group" aria-label="Time shown">
          {RANGES.map(([name, label]) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === range}
              onClick={() => setRange(name)}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      {charts.answer ? <OverTime charts={charts.answer} /> : <Waiting />}
    </>
  )
}

function Now({ overview }: { overview: Overview }) {
  return (
    <>
      <Conditions overview={overview} />
      <h2 class="hidden">Uploads by state, now</h2>
      <ul class="tiles">
        {overview.states.map(({ state, ...count }) => (
          <Tile key={state} state={state} count={count} />
        ))}
      </ul>
      <p class="soft">
        As of {momentInWords(overview.at)}. States are counted up to 10,000 (10,000+).
      </p>
    </>
  )
}

const Tile = ({ state, count }: { state: State; count: Count }) => (
  <li>
    <a class="tile" href={addressOf('uploads', { state })}>
      <StateLabel state={state} />
      <span class="count">{countInWords(count)}</span>
    </a>
  </li>
)

/** What asks for somebody, before anything else. */
function Conditions({ overview }: { overview: Overview }) {
  const held = conditionsOf(overview).filter(({ holds }) => holds)
  if (held.length === 0) {
    return (
      <div class="notice good">
        <p>Nothing asks for you.</p>
      </div>
    )
  }
  return (
    <ul class="conditions">
      {held.map(({ words, address }) => (
        <li key={words} class="notice warn">
          <a href={address}>{words}</a>
        </li>
      ))}
    </ul>
  )
}

type Condition = { holds: boolean; words: string; address: string }

function conditionsOf({ deliveries, events, states }: Overview): Condition[] {
  const failed = states.find(({ state }) => state === 'failed') ?? { count: 0, orMore: false }
  return [
    {
      holds: events.flow === 'silent',
      words: 'No event tells of what arrives: uploads still end, only later.',
      address: '#/events',
    },
    {
      holds: failed.count > 0,
      words: `Uploads that were given up on, and can be retried: ${countInWords(failed)}.`,
      address: addressOf('uploads', { state: 'failed' }),
    },
    {
      holds: deliveries.dead.count > 0,
      words: `Webhook deliveries that are dead letters: ${countInWords(deliveries.dead)}.`,
      address: '#/dead-letters',
    },
    {
      holds: events.poison.count > 0,
      words: `Stored events that could not be read: ${countInWords(events.poison)}.`,
      address: '#/events',
    },
  ]
}

function OverTime({ charts }: { charts: Charts }) {
  const half = readyWithin(charts.points, 0.5)
  const most = readyWithin(charts.points, 0.95)
  return (
    <>
      {half !== null && (
        <p>
          Of what became ready,{' '}
          {half !== most && (
            <>
              half was so within <strong>{half}</strong> of its arrival, and{' '}
            </>
          )}
          95 % within <strong>{most}</strong>
          {half === most && ' of its arrival'}.
        </p>
      )}
      <div class="charts">
        {CHARTS.map((spec) => (
          <Chart key={spec.title} spec={spec} charts={charts} />
        ))}
      </div>
      {isBehind(charts) && (
        <p class="soft">Counted until {momentInWords(charts.countedUntil)}; the rest follows.</p>
      )}
    </>
  )
}

const BEHIND_MS = 60_000

const isBehind = ({ countedUntil }: Charts): boolean =>
  Date.now() - new Date(countedUntil).getTime() > BEHIND_MS
