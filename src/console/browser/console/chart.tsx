/** Counts over time as stacked bars, drawn by hand; the same numbers as a table below. */

import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { numberInWords } from '../shared/words.ts'
import type { Charts, Counts } from './answers.ts'
import { everyNth, momentOf, ticksUpTo } from './scale.ts'
import { sumOf, type ChartSpec, type Series } from './series.ts'

type Bar = { at: string; counts: Counts }
type Drawn = { bars: Bar[]; series: Series[]; stepSeconds: number; unit: string }

export function Chart({ spec, charts }: { spec: ChartSpec; charts: Charts }) {
  const id = useId()
  const { stepSeconds, points } = charts
  const bars = points.map((point) => ({ at: point.at, counts: spec.of(point) }))
  const series = spec.series(points)
  const totals = sumOf(bars.map(({ counts }) => counts))
  const isEmpty = series.every(({ name }) => (totals[name] ?? 0) === 0)
  const drawn = { bars, series, stepSeconds, unit: spec.unit }
  return (
    <figure class="card chart">
      <figcaption id={id}>{spec.title}</figcaption>
      <Legend series={series} totals={totals} />
      {isEmpty ? <p class="nothing">Nothing in this time.</p> : <Bars {...drawn} labelledBy={id} />}
      <details>
        <summary>The numbers as a table</summary>
        <NumberTable {...drawn} title={spec.title} />
      </details>
    </figure>
  )
}

const Legend = ({ series, totals }: { series: Series[]; totals: Counts }) => (
  <ul class="legend">
    {series
      .filter(({ name }) => (totals[name] ?? 0) > 0)
      .map(({ name, label, tone }) => (
        <li key={name}>
          <svg width="12" height="12" aria-hidden="true">
            <rect width="12" height="12" rx="3" class={`fill ${tone}`} />
          </svg>
          {label} <strong>{numberInWords(totals[name] ?? 0)}</strong>
        </li>
      ))}
  </ul>
)

const HEIGHT = 210
const EDGE = { top: 14, right: 8, bottom: 46, left: 56 }
const ROOM_FOR_MOMENT = 62
const ROOM_FOR_LONG_MOMENT = 104

function Bars({ bars, series, stepSeconds, unit, labelledBy }: Drawn & { labelledBy: string }) {
  const [frame, width] = useWidth()
  const inner = Math.max(60, width - EDGE.left - EDGE.right)
  const ticks = ticksUpTo(Math.max(...bars.map(({ counts }) => heightOf(counts, series))))
  const top = ticks.at(-1) ?? 1
  const y = (value: number): number =>
    EDGE.top + (HEIGHT - EDGE.top - EDGE.bottom) * (1 - value / top)
  const slot = inner / bars.length
  const isLong = stepSeconds > 3_600 && stepSeconds < 86_400
  const nth = everyNth(bars.length, inner, isLong ? ROOM_FOR_LONG_MOMENT : ROOM_FOR_MOMENT)
  return (
    <div ref={frame} class="frame">
      <svg width={width} height={HEIGHT} role="img" aria-labelledby={labelledBy}>
        <Ticks values={ticks} width={inner} y={y} />
        {bars.map((bar, index) => (
          <g key={bar.at} transform={`translate(${EDGE.left + index * slot} 0)`}>
            <Stack bar={bar} series={series} y={y} width={slot} stepSeconds={stepSeconds} />
            {index % nth === 0 && (
              <text class="moment" x={slot / 2} y={HEIGHT - 26} text-anchor="middle">
                {momentOf(bar.at, stepSeconds)}
              </text>
            )}
          </g>
        ))}
        <AxisNames width={inner} unit={unit} stepSeconds={stepSeconds} />
      </svg>
    </div>
  )
}

type TicksOf = { values: number[]; width: number; y: (value: number) => number }

const Ticks = ({ values, width, y }: TicksOf) => (
  <>
    {values.map((value) => (
      <g key={value} class="tick">
        <line x1={EDGE.left} x2={EDGE.left + width} y1={y(value)} y2={y(value)} />
        <text x={EDGE.left - 8} y={y(value) + 4} text-anchor="end">
          {numberInWords(value)}
        </text>
      </g>
    ))}
  </>
)

type AxisNamesOf = { width: number; unit: string; stepSeconds: number }

const AxisNames = ({ width, unit, stepSeconds }: AxisNamesOf) => (
  <>
    <text class="axis" x={EDGE.left + width / 2} y={HEIGHT - 6} text-anchor="middle">
      {stepSeconds >= 86_400 ? 'day (UTC)' : 'time'}
    </text>
    <text
      class="axis"
      transform={`translate(12 ${HEIGHT / 2 - 10}) rotate(-90)`}
      text-anchor="middle"
    >
      {unit}
    </text>
  </>
)

type StackOf = {
  bar: Bar
  series: Series[]
  y: (value: number) => number
  width: number
  stepSeconds: number
}

function Stack({ bar, series, y, width, stepSeconds }: StackOf) {
  const gap = Math.min(6, width * 0.2)
  let below = 0
  const parts = series.flatMap(({ name, label, tone }) => {
    const count = bar.counts[name] ?? 0
    if (count === 0) return []
    below += count
    return [{ label, tone, count, top: y(below), bottom: y(below - count) }]
  })
  return (
    <>
      {parts.map(({ label, tone, count, top, bottom }) => (
        <rect
          key={label}
          class={`fill ${tone}`}
          x={gap / 2}
          y={top}
          width={Math.max(1, width - gap)}
          height={Math.max(1, bottom - top)}
        >
          <title>{`${momentOf(bar.at, stepSeconds)}: ${numberInWords(count)} ${label}`}</title>
        </rect>
      ))}
    </>
  )
}

const heightOf = (counts: Counts, series: Series[]): number =>
  series.reduce((sum, { name }) => sum + (counts[name] ?? 0), 0)

function NumberTable({ bars, series, stepSeconds, title }: Drawn & { title: string }) {
  const filled = bars.filter(({ counts }) => heightOf(counts, series) > 0)
  if (filled.length === 0) return <p class="soft">There are none.</p>
  return (
    <div class="wide" role="region" aria-label={`${title}, as a table`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            {series.map(({ name, label }) => (
              <th key={name} scope="col" class="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {filled.map(({ at, counts }) => (
            <tr key={at}>
              <th scope="row">{momentOf(at, stepSeconds)}</th>
              {series.map(({ name }) => (
                <td key={name} class="number">
                  {numberInWords(counts[name] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const FIRST_WIDTH = 480

/** As wide as there is room, so that letters keep their size on a narrow screen. */
function useWidth() {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(FIRST_WIDTH)
  useEffect(() => {
    const { current } = frame
    if (!current) return
    const observer = new ResizeObserver(() => setWidth(Math.max(240, current.clientWidth)))
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return [frame, width] as const
}
