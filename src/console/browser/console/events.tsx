/** Whether the store tells of what arrives, and the events that led nowhere. */

import { durationInWords, numberInWords } from '../shared/words.ts'
import type { EventFacts, Overview } from './answers.ts'
import { Card, countInWords, FactList, Failure, Moment, Title, Waiting, Wide } from './parts.tsx'
import { useCall } from './use-call.ts'

const EVERY_MS = 10_000

export function EventsView() {
  const { answer, error, again } = useCall<Overview>('v1/console/overview', EVERY_MS)
  return (
    <>
      <Title of="Events">Events</Title>
      {error && <Failure error={error} again={again} />}
      {answer ? <Flow events={answer.events} /> : !error && <Waiting />}
      <Stored
        state="poison"
        title="Poison events"
        about="Authentic, but of no form that Berth knows. They were taken, so that they block no queue."
      />
      <Stored
        state="unmatched"
        title="Unmatched events"
        about="They name an upload that is in no record here. Tried again for a day."
      />
    </>
  )
}

const FLOWS = {
  ok: ['good', 'Events arrive as they should.'],
  silent: [
    'warn',
    'Event silence: objects land, and no event tells of any. Berth finds them by looking, which takes seconds to minutes longer. Check the notification of the bucket and its credentials.',
  ],
  off: ['', 'No source of events is configured: Berth finds arrivals by looking.'],
} as const

function Flow({ events }: { events: Overview['events'] }) {
  const [tone, words] = FLOWS[events.flow]
  const lately = `in the last ${durationInWords(events.windowSeconds * 1_000)}`
  return (
    <Card title="Flow">
      <div class={`notice ${tone}`} role="status">
        <p>{words}</p>
      </div>
      <FactList
        facts={[
          [`Events that named an upload, ${lately}`, numberInWords(events.matched)],
          [`Arrivals found only by looking, ${lately}`, numberInWords(events.foundByLooking)],
          ['Last event that named an upload', <Moment at={events.lastMatchedAt} />],
          ['Poison events', countInWords(events.poison)],
          ['Unmatched events', countInWords(events.unmatched)],
        ]}
      />
      <p class="soft">These are of all tenants: an event names none.</p>
    </Card>
  )
}

type Of = { state: 'poison' | 'unmatched'; title: string; about: string }

function Stored({ state, title, about }: Of) {
  const { answer, error, again } = useCall<EventFacts>(`v1/console/events?state=${state}`, EVERY_MS)
  return (
    <Card title={title}>
      <p class="soft">
        {about} What they say is shown by <code>berth events --state {state}</code>.
      </p>
      {error && <Failure error={error} again={again} />}
      {answer?.events.length === 0 && <p>There are none.</p>}
      {answer && answer.events.length > 0 && <EventTable title={title} events={answer.events} />}
    </Card>
  )
}

const EventTable = ({ title, events }: { title: string; events: EventFacts['events'] }) => (
  <Wide label={title}>
    <table>
      <thead>
        <tr>
          <th scope="col">Received</th>
          <th scope="col">Source</th>
          <th scope="col" class="number">
            Length
          </th>
          <th scope="col" class="number">
            Looks
          </th>
          <th scope="col">Digest</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.digest}>
            <th scope="row" class="moment">
              <Moment at={event.receivedAt} />
            </th>
            <td>{event.source}</td>
            <td class="number">{numberInWords(event.length)}</td>
            <td class="number">{event.attempts}</td>
            <td class="code">{event.digest.slice(0, 16)}…</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Wide>
)
