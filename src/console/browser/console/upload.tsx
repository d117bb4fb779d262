/** One upload: what became of it and why, step by step, and who was told. */

import type { ComponentChild } from 'preact'
import { isFinal, type Upload } from '../shared/records.ts'
import { sizeInWords } from '../shared/words.ts'
import type { ShownUpload } from './answers.ts'
import { DeliveryTable } from './delivery-table.tsx'
import { Card, FactList, Failure, Moment, StateLabel, Title, Waiting } from './parts.tsx'
import { Timeline } from './timeline.tsx'
import { useCall } from './use-call.ts'

const EVERY_MS = 2_000

export function UploadView({ id }: { id: string }) {
  const { answer, error, again } = useCall<ShownUpload>(`v1/console/uploads/${id}`, EVERY_MS)
  if (error && !answer) {
    return (
      <>
        <Title of="Upload">Upload</Title>
        <Failure error={error} again={again} />
      </>
    )
  }
  if (!answer) return <Waiting />
  const { upload, history } = answer
  return (
    <>
      <p class="soft">
        <a href="#/uploads">Uploads</a> / <span class="code">{upload.id}</span>
      </p>
      <div class="bar">
        <Title of={upload.filename}>{upload.filename}</Title>
        <StateLabel state={upload.state} />
      </div>
      <Outcome shown={answer} />
      <div class="columns">
        <Card title="Timeline">
          <Timeline steps={history} />
        </Card>
        <Card title="Declared and verified">
          <FactList facts={factsOf(answer)} />
        </Card>
      </div>
      <Deliveries of={answer} changed={again} />
    </>
  )
}

type Told = { of: ShownUpload; changed: () => void }

const Deliveries = ({ of: { upload, deliveries }, changed }: Told) => (
  <Card title="Deliveries">
    {deliveries.length === 0 ? (
      <p class="soft">{isFinal(upload.state) ? 'No endpoint was to be told.' : 'Not over yet.'}</p>
    ) : (
      <DeliveryTable deliveries={deliveries} changed={changed} isOfUpload />
    )}
  </Card>
)

function Outcome({ shown: { upload, nextLookAt, attempts } }: { shown: ShownUpload }) {
  const { rejection, state } = upload
  if (rejection) return <Rejection rejection={rejection} />
  if (state === 'failed') {
    return (
      <div class="notice bad">
        <p>
          Berth gave up after {attempts} attempts; the bytes are kept for a week. To try again:{' '}
          <code>berth uploads retry {upload.id}</code>
        </p>
      </div>
    )
  }
  if (isFinal(state)) return null
  return (
    <div class="notice">
      <p>
        Under way. Berth looks after it by itself next: <Moment at={nextLookAt} />
      </p>
    </div>
  )
}

const Rejection = ({ rejection }: { rejection: NonNullable<Upload['rejection']> }) => (
  <div class="notice bad">
    <p>
      <strong>Rejected: {rejection.reason}.</strong> {rejection.detail}
    </p>
    <FactList
      facts={[
        ['Expected', <span class="code">{rejection.expected}</span>],
        ['Observed', <span class="code">{rejection.observed}</span>],
      ]}
    />
  </div>
)

function factsOf({ upload, slotExpiresAt, attempts }: ShownUpload): [string, ComponentChild][] {
  const { object, metadata } = upload
  const words = sizeInWords(upload.size)
  return [
    ['Size', upload.size < 1024 ? words : `${words} (${upload.size} bytes)`],
    ['Type', upload.contentType],
    ['SHA-256 declared', <span class="code">{upload.sha256 ?? 'none'}</span>],
    ['SHA-256 verified', <span class="code">{object?.sha256 ?? '–'}</span>],
    ['Antivirus', object?.scan ?? '–'],
    ['Object', <span class="code">{object?.key ?? '–'}</span>],
    ['Bucket', object?.bucket ?? '–'],
    ['Profile', upload.profile],
    ['Subject', upload.subject ?? '–'],
    ['Metadata', <span class="code">{inLines(metadata)}</span>],
    ['Slot expires', <Moment at={slotExpiresAt} />],
    ['Nothing lands after', <Moment at={upload.landBy} />],
    ['Attempts to verify', String(attempts)],
  ]
}

const inLines = (metadata: Record<string, string>): string =>
  Object.entries(metadata)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n') || '–'
