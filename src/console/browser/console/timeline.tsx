/** The way of an upload through its states, with the time between them. */

import type { Step } from '../shared/records.ts'
import { durationInWords } from '../shared/words.ts'
import { Moment, StateLabel } from './parts.tsx'

const CAUSES: Record<string, string> = {
  api: 'by a call',
  event: "by the store's event",
  complete: 'by the client, who said that it is done',
  sweep: 'by the clock',
  worker: 'by a worker',
  operator: 'by an operator',
}

export const Timeline = ({ steps }: { steps: Step[] }) => (
  <ol class="timeline">
    {steps.map((step, nth) => (
      <li key={step.version}>
        <StateLabel state={step.state} /> {CAUSES[step.cause] ?? step.cause}
        {step.detail !== null && <span>: {step.detail}</span>}
        <div class="soft">
          <Moment at={step.at} />
          {since(steps[nth - 1], step)}
        </div>
      </li>
    ))}
  </ol>
)

function since(before: Step | undefined, { at }: Step): string {
  if (!before) return ''
  return ` · ${durationInWords(Date.parse(at) - Date.parse(before.at))} later`
}
