/** Messages to endpoints, each with the way to send it again. */

import { useState } from 'preact/hooks'
import type { Delivery, WebhookList } from './answers.ts'
import { Moment, Wide } from './parts.tsx'
import { addressOf } from './route.ts'
import { useSession } from './session.tsx'
import { useCall } from './use-call.ts'

type Listed = { deliveries: Delivery[]; changed: () => void; isOfUpload?: boolean }

export function DeliveryTable({ deliveries, changed, isOfUpload = false }: Listed) {
  const { answer } = useCall<WebhookList>('v1/webhooks')
  const [said, redeliver] = useRedelivery(changed)
  const urlOf = (id: string): string =>
    answer?.webhooks.find((webhook) => webhook.id === id)?.url ?? id
  return (
    <>
      <p role="status" class="said">
        {said}
      </p>
      <Wide label="Deliveries">
        <table>
          <Head />
          <tbody>
            {deliveries.map((delivery) => (
              <Row
                key={delivery.id}
                delivery={delivery}
                url={urlOf(delivery.webhookId)}
                isOfUpload={isOfUpload}
                redeliver={redeliver}
              />
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  )
}

const Head = () => (
  <thead>
    <tr>
      <th scope="col">Event</th>
      <th scope="col">Endpoint</th>
      <th scope="col">State</th>
      <th scope="col" class="number">
        Attempts
      </th>
      <th scope="col">Last answer</th>
      <th scope="col">Next attempt</th>
      <th scope="col">
        <span class="hidden">Actions</span>
      </th>
    </tr>
  </thead>
)

type RowOf = {
  delivery: Delivery
  url: string
  isOfUpload: boolean
  redeliver: (delivery: Delivery) => void
}

const Row = ({ delivery, url, isOfUpload, redeliver }: RowOf) => (
  <tr>
    <th scope="row">
      {isOfUpload || delivery.uploadId === null ? (
        delivery.type
      ) : (
        <a href={addressOf(`uploads/${delivery.uploadId}`)}>{delivery.type}</a>
      )}
      <div class="soft moment">
        <Moment at={delivery.createdAt} />
      </div>
    </th>
    <td class="url">{url}</td>
    <td class="word">{DELIVERY_STATES[delivery.state]}</td>
    <td class="number">{delivery.attempts}</td>
    <td>{answerOf(delivery)}</td>
    <td class="moment">
      <Moment at={delivery.nextAttemptAt} />
    </td>
    <td>
      <button
        type="button"
        disabled={delivery.state === 'pending'}
        aria-label={`Send again: ${delivery.type} to ${url}`}
        onClick={() => redeliver(delivery)}
      >
        Send again
      </button>
    </td>
  </tr>
)

const DELIVERY_STATES = {
  pending: 'waiting',
  delivered: 'delivered',
  dead: 'dead letter',
}

const answerOf = ({ lastStatus, lastError }: Delivery): string =>
  [lastStatus, lastError].filter((part) => part !== null).join(': ') || '–'

/** Attempts take a while: the list is asked for again until they will have ended. */
const LOOKS_MS = [300, 1_000, 2_500, 5_000]

function useRedelivery(changed: () => void): [string, (delivery: Delivery) => void] {
  const { api } = useSession()
  const [said, setSaid] = useState('')
  const send = async ({ id, type }: Delivery): Promise<void> => {
    setSaid(`Sending ${type} again…`)
    try {
      await api.post(`v1/deliveries/${id}/redeliver`)
      setSaid(`${type} is on its way again, with the same id and body.`)
      for (const wait of LOOKS_MS) setTimeout(changed, wait)
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error))
    }
  }
  return [said, (delivery) => void send(delivery)]
}
