/** The small parts that every view is made of. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Refused } from '../shared/call.ts'
import type { State } from '../shared/records.ts'
import { momentInWords, numberInWords } from '../shared/words.ts'
import type { Count } from './answers.ts'

type Children = { children: ComponentChildren }

/** Takes the focus when a view is opened, so that a screen reader begins there. */
export function Title({ children, of }: Children & { of: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${of} · Berth`
    heading.current?.focus()
  }, [of])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}

export const StateLabel = ({ state }: { state: State }) => (
  <span class={`state ${state}`}>{state}</span>
)

export const Moment = ({ at }: { at: string | null }) =>
  at === null ? <span class="soft">–</span> : <time dateTime={at}>{momentInWords(at)}</time>

export const countInWords = ({ count, orMore }: Count): string =>
  `${numberInWords(count)}${orMore ? '+' : ''}`

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  const expected = error instanceof Refused ? error.problem.expected : null
  return (
    <div class="notice bad" role="alert">
      <p>
        {error.message}
        {expected !== null && <span class="soft"> Expected: {expected}.</span>}
      </p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}

export const Waiting = () => (
  <p class="soft" role="status">
    Loading…
  </p>
)

/** Wide tables scroll by themselves, also by keyboard; the page does not. */
export const Wide = ({ label, children }: Children & { label: string }) => (
  <div class="wide" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
)

export const Card = ({ title, children }: Children & { title: string }) => (
  <section class="card">
    <h2>{title}</h2>
    {children}
  </section>
)

type Facts = { facts: [string, ComponentChildren][] }

export const FactList = ({ facts }: Facts) => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
