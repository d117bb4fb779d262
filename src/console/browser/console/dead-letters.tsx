/** Messages that no endpoint took. */

import { useState } from 'preact/hooks'
import type { DeliveryPage } from './answers.ts'
import { DeliveryTable } from './delivery-table.tsx'
import { Failure, Title, Waiting } from './parts.tsx'
import { useCall } from './use-call.ts'

export function DeadLettersView() {
  const [cursor, setCursor] = useState<string | null>(null)
  const from = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const path = `v1/deliveries?state=dead&limit=25${from}`
  const { answer, error, again } = useCall<DeliveryPage>(path)
  return (
    <>
      <Title of="Dead letters">Dead letters</Title>
      <p class="soft">
        Messages that were tried for three days, or whose endpoint is disabled. They are kept for 30
        days.
      </p>
      {error && <Failure error={error} again={again} />}
      {answer ? <Letters page={answer} changed={again} /> : !error && <Waiting />}
      <nav class="pager" aria-label="Pages">
        <button type="button" disabled={cursor === null} onClick={() => setCursor(null)}>
          ← Newest
        </button>
        <button
          type="button"
          disabled={!answer?.nextCursor}
          onClick={() => setCursor(answer?.nextCursor ?? null)}
        >
          Older →
        </button>
      </nav>
    </>
  )
}

const Letters = ({ page, changed }: { page: DeliveryPage; changed: () => void }) =>
  page.deliveries.length === 0 ? (
    <p role="status">There are none.</p>
  ) : (
    <DeliveryTable deliveries={page.deliveries} changed={changed} />
  )
