/** A file's way through the states of its upload, as Berth has recorded it. */

import type { State, Step } from '../shared/records.ts'
import { durationInWords } from '../shared/words.ts'
import type { Item } from './item.ts'

const USUAL: readonly State[] = ['pending', 'received', 'verifying', 'ready']

/** What has happened, and what usually follows. */
export function Way({ item }: { item: Item }) {
  const { steps, id, phase } = item
  const known = steps.length > 0 ? steps : id === null ? [] : [FIRST_STEP]
  const isOver = phase === 'refused' || phase === 'canceled'
  const ended = item.ended && isOver && !isOnWay(item.ended.state) ? [item.ended.state] : []
  const shown = known.map(({ state }) => state)
  const last = shown.at(-1)
  const coming = isOver ? [] : USUAL.slice(last ? USUAL.indexOf(last) + 1 : 0)
  if (known.length + ended.length + coming.length === 0) return null
  return (
    <ol class="way" aria-label={`States of ${item.file.name}`}>
      {known.map((step, nth) => (
        <li key={step.version} class={`state ${step.state}`} aria-current={current(nth, known)}>
          {step.state}
          {after(known[nth - 1], step)}
        </li>
      ))}
      {ended
        .filter((state) => !shown.includes(state))
        .map((state) => (
          <li key={state} class={`state ${state}`}>
            {state}
          </li>
        ))}
      {coming.map((state) => (
        <li key={state} class="coming">
          <span class="hidden">later: </span>
          {state}
        </li>
      ))}
    </ol>
  )
}

/** Whoever has an id has a slot; the history is not asked for while bytes are on their way. */
const FIRST_STEP: Step = { version: 1, state: 'pending', at: '', cause: 'api', detail: null }

const isOnWay = (state: State): boolean => USUAL.includes(state)

const current = (nth: number, steps: readonly Step[]) =>
  nth === steps.length - 1 ? ('step' as const) : undefined

const after = (before: Step | undefined, { at }: Step): string =>
  before ? ` +${durationInWords(Date.parse(at) - Date.parse(before.at))}` : ''
