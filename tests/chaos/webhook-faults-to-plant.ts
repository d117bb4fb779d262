/** Ways in which backends could have been told wrongly, each planted into the record of a clean run. */

import { createHmac } from 'node:crypto'
import type { EventRow, Received, Run } from './check/run.ts'
import { only, remove, rowIn } from './find-in-run.ts'

const SECOND = 1_000

const isSuccess = ({ status, isWhole }: Received): boolean =>
  isWhole && status !== null && status < 300

const successIn = (run: Run): Received => only(run.received.find(isSuccess))

const eventOf = (run: Run, state: string): EventRow =>
  only(run.events.find(({ type }) => type === `upload.${state}`))

const received = (run: Run, { id }: EventRow): Received =>
  only(run.received.find((one) => one.id === id))

/** Another attempt of one that was answered with a success. */
function repeatSuccess(run: Run, afterMs: number): Received {
  const first = successIn(run)
  remove(run.received, (one) => one !== first && one.id === first.id && one.path === first.path)
  const again = { ...first, at: first.at + afterMs, ended: first.ended + afterMs }
  run.received.push(again)
  return first
}

type Told = { timestamp: string; data: { state: string; object: { sha256: string } | null } }

function retell(event: EventRow, change: (told: Told) => void): void {
  const told = JSON.parse(event.body) as Told
  change(told)
  event.body = JSON.stringify(told)
}

/** The invariant that has to find it, what is wrong, and the change that makes it so. */
export const WEBHOOK_FAULTS: [string, string, (run: Run) => void][] = [
  [
    'I1c',
    'a webhook goes to another tenant',
    (run) => {
      const one = only(run.received[0])
      const other = run.settings.endpoints.find(({ path }) => path.slice(-4) !== one.path.slice(-4))
      one.path = only(other).path
    },
  ],
  [
    'I1c',
    'a webhook shows a staging key',
    (run) => {
      const one = received(run, eventOf(run, 'expired'))
      one.body = one.body.replace(
        '"filename":"',
        `"filename":"${rowIn(run, 'expired').staging_key}`,
      )
    },
  ],
  [
    'I1c',
    'a webhook shows the final key of an upload that is not ready',
    (run) => {
      const one = received(run, eventOf(run, 'rejected'))
      const key = `objects/upl_${'0'.repeat(32)}/${'0'.repeat(32)}`
      one.body = one.body.replace('"filename":"', `"filename":"${key}`)
    },
  ],
  [
    'I9',
    'a final state is told to nobody',
    (run) => {
      const { id } = eventOf(run, 'expired')
      remove(run.events, (event) => event.id === id)
      remove(run.deliveries, ({ event_id }) => event_id === id)
    },
  ],
  [
    'I9',
    'one of two endpoints is left out',
    (run) => {
      const { id } = only(run.settings.endpoints.find(({ events }) => events !== null))
      const left = only(run.deliveries.find(({ webhook_id }) => webhook_id === id))
      remove(run.deliveries, (delivery) => delivery === left)
    },
  ],
  [
    'I9',
    'a final state is an event twice',
    (run) => run.events.push({ ...only(run.events[0]), id: 'evt_another' }),
  ],
  [
    'I9',
    'an endpoint is told what it does not listen to',
    (run) => {
      const { id } = only(run.settings.endpoints.find(({ events }) => events !== null))
      const other = only(run.deliveries.find(({ type }) => type === 'upload.expired'))
      run.deliveries.push({ ...other, webhook_id: id })
    },
  ],
  [
    'I10',
    'a delivery still waits in the end',
    (run) => {
      only(run.deliveries[0]).state = 'pending'
    },
  ],
  [
    'I10',
    'a delivery became a dead letter',
    (run) => {
      only(run.deliveries[0]).state = 'dead'
    },
  ],
  [
    'I10',
    'an answer that broke off is taken for a success',
    (run) => {
      const { id } = successIn(run)
      for (const one of run.received) if (one.id === id) one.isWhole = false
    },
  ],
  [
    'I11',
    'an attempt has other bytes than the one before',
    (run) => {
      const one = only(run.received[0])
      one.body = one.body.replace('{', '{ ')
    },
  ],
  [
    'I11',
    'an attempt has an id of its own',
    (run) => {
      only(run.received[0]).id += '0'
    },
  ],
  [
    'I11b',
    'a webhook is signed by the secret of another endpoint',
    (run) => {
      const { path } = only(run.received[0])
      const [own, other] = [
        run.settings.endpoints.find((endpoint) => endpoint.path === path),
        run.settings.endpoints.find((endpoint) => endpoint.path !== path),
      ]
      only(own).secret = only(other).secret
    },
  ],
  [
    'I11b',
    'a repeated attempt carries the time and the signature of a first one that is long past',
    (run) => {
      const one = only(run.received[0])
      const { secret } = only(run.settings.endpoints.find(({ path }) => path === one.path))
      one.timestamp = String(Number(one.timestamp) - 600)
      const signed = `${one.id}.${one.timestamp}.${one.body}`
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      one.signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    },
  ],
  [
    'I11c',
    'a delivery is repeated after a success, and nothing had gone wrong',
    (run) => {
      repeatSuccess(run, 40 * SECOND)
      run.faults = []
    },
  ],
  [
    'I11c',
    'a delivery is repeated after a crash, but before its lease is over',
    (run) => {
      const { at } = repeatSuccess(run, 10 * SECOND)
      run.faults = [{ kind: 'kill', began: at, ended: at + SECOND }]
    },
  ],
  [
    'I11c',
    'two nodes make the same attempt at once',
    (run) => {
      const { at } = repeatSuccess(run, 5)
      run.faults = [{ kind: 'kill', began: at - 60 * SECOND, ended: at + SECOND }]
    },
  ],
  [
    'I11d',
    'a webhook tells another state than the audit',
    (run) => retell(eventOf(run, 'rejected'), ({ data }) => void (data.state = 'ready')),
  ],
  [
    'I11d',
    'a webhook tells of other bytes than are recorded',
    (run) =>
      retell(
        eventOf(run, 'ready'),
        ({ data }) => void (only(data.object ?? undefined).sha256 = 'x'),
      ),
  ],
  [
    'I11d',
    'the later event of an upload has the earlier version',
    (run) => {
      const { upload_id } = eventOf(run, 'deleted')
      const ready = only(
        run.events.find((event) => event.upload_id === upload_id && event.type === 'upload.ready'),
      )
      retell(ready, (told) => void (told.timestamp = '2100-01-01T00:00:00.000Z'))
    },
  ],
]
