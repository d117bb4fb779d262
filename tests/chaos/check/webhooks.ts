/** I9 to I11: what backends were told of the ends of their uploads. */

import { groupBy, over, together, type Finding, type Invariant } from './invariant.ts'
import type { DeliveryRow, Endpoint, Fault, Received, Run } from './run.ts'
import { isSignedBy } from './signature.ts'
import { isOver } from './states.ts'

// A node takes the time from the database, and is off by half the way there at most.
const CLOCK_MS = 500

const endpointsBy = (run: Run, field: 'id' | 'path'): Map<string, Endpoint> =>
  new Map(run.settings.endpoints.map((endpoint) => [endpoint[field], endpoint]))

const listens = ({ events }: Endpoint, type: string): boolean =>
  events === null || events.includes(type)

/** What has to be told: a final state once per upload, however often it is reached. */
function expectedDeliveries(run: Run): string[] {
  const tenants = new Map(run.uploads.map(({ id, tenant }) => [id, tenant]))
  const ends = run.transitions.filter(({ state }) => isOver(state))
  const first = groupBy(ends, ({ upload_id, state }) => `${upload_id} ${state}`)
  return [...first.values()].flatMap((steps) => {
    const [step] = steps.sort((a, b) => a.version - b.version)
    if (!step) return []
    const type = `upload.${step.state}`
    return run.settings.endpoints
      .filter(({ tenant }) => tenant === tenants.get(step.upload_id))
      .filter((endpoint) => listens(endpoint, type))
      .map(({ id }) => `evt_${step.upload_id}_${step.version} ${type} to ${id}`)
  })
}

const nameOf = ({ event_id, type, webhook_id }: DeliveryRow): string =>
  `${event_id} ${type} to ${webhook_id}`

const completeness: Invariant = {
  id: 'I9',
  says: 'every final state is written down as one event, with one delivery per endpoint that listens; nothing else is',
  check: (run) => together(written(run), uniqueness(run)),
}

function written(run: Run): Finding {
  const recorded = groupBy(run.deliveries, nameOf)
  const expected = new Set(expectedDeliveries(run))
  return together(
    over(expected, (name) => {
      const found = recorded.get(name)?.length ?? 0
      return found === 1 ? null : `${name}: ${found} deliveries`
    }),
    over(recorded.keys(), (name) => (expected.has(name) ? null : `${name}: nothing to tell`)),
  )
}

function uniqueness(run: Run): Finding {
  const told = groupBy(run.events, ({ upload_id, type }) => `${upload_id} ${type}`)
  return over(told, ([name, { length }]) => (length === 1 ? null : `${name}: ${length} events`))
}

const arrival: Invariant = {
  id: 'I10',
  says: 'in the end nothing waits and nothing is a dead letter: each delivery was answered with a success',
  check: (run) => {
    const paths = endpointsBy(run, 'id')
    const heard = new Set(run.received.filter(isSuccess).map(({ path, id }) => `${path} ${id}`))
    return over(run.deliveries, (delivery) => {
      const { state, webhook_id, event_id } = delivery
      if (state !== 'delivered') return `${nameOf(delivery)}: ${state} in the end`
      const path = paths.get(webhook_id)?.path ?? 'nowhere'
      const isHeard = heard.has(`${path} ${event_id}`)
      return isHeard ? null : `${nameOf(delivery)}: delivered, and no success was ever answered`
    })
  },
}

/** A 2xx whose answer was cut off is none. */
const isSuccess = ({ status, isWhole }: Received): boolean =>
  isWhole && status !== null && status >= 200 && status < 300

const sameness: Invariant = {
  id: 'I11',
  says: 'every attempt has the id of its event and the very bytes that were written down with the state',
  check: (run) => {
    const bodies = new Map(run.events.map(({ id, body }) => [id, body]))
    return over(run.received, ({ id, body, at }) => {
      const recorded = bodies.get(id)
      if (recorded === undefined) return `${id}: was sent at ${at}, and is no event`
      return recorded === body ? null : `${id}: other bytes at ${at} than were written down`
    })
  },
}

const signatures: Invariant = {
  id: 'I11b',
  says: 'every attempt is signed by the secret of its own endpoint, with the time of the attempt',
  check: (run) => {
    const endpoints = endpointsBy(run, 'path')
    return over(run.received, (received) => {
      const { id, path, at, timestamp } = received
      const endpoint = endpoints.get(path)
      if (!endpoint) return `${id}: was sent to ${path}, which nobody registered`
      if (!isSignedBy(endpoint.secret, received)) return `${id}: the signature at ${at} is wrong`
      const ageMs = Math.abs(at - Number(timestamp) * 1000)
      const isFresh = ageMs <= run.settings.deliveryLeaseSeconds * 1000
      return isFresh ? null : `${id}: signed ${ageMs} ms away from its arrival`
    })
  },
}

const repetition: Invariant = {
  id: 'I11c',
  says: 'an attempt is repeated after a failed or lost answer; after a success only when a crash hid it, and its lease is over',
  check: (run) => {
    const disturbances = run.faults.filter(isOfSender)
    const attempts = groupBy(run.received, ({ path, id }) => `${id} at ${path}`)
    return over(pairsIn(attempts), ({ name, before, after }) => {
      if (after.at < before.at + CLOCK_MS && isSuccess(before)) return `${name}: sent twice at once`
      if (!isSuccess(before)) return null
      const complaint = judgeRepeat(run, disturbances, before, after)
      return complaint === null ? null : `${name}: ${complaint}`
    })
  },
}

function* pairsIn(attempts: Map<string, Received[]>) {
  for (const [name, found] of attempts) {
    const sorted = found.sort((a, b) => a.at - b.at)
    for (const [index, after] of sorted.entries()) {
      const before = sorted[index - 1]
      if (before) yield { name, before, after }
    }
  }
}

/** Faults that can keep a node from writing down what it was answered. */
const isOfSender = ({ kind, link }: Fault): boolean =>
  ['kill', 'pause', 'crash-postgres'].includes(kind) || (link ?? '').endsWith('-records')

// A write waits a second for its turn, and five for the database.
const WRITE_MS = 6_000
// A claim is such a write, and then the endpoint is looked up.
const CLAIM_MS = 10_000
// A connection to the database that was reset is found out a little later.
const RECOVERY_MS = 4_000

function judgeRepeat(run: Run, faults: Fault[], before: Received, after: Received): string | null {
  const leaseMs = run.settings.deliveryLeaseSeconds * 1000
  const hidden = faults.some(
    ({ began, ended }) => began <= before.ended + WRITE_MS && ended + RECOVERY_MS >= before.at,
  )
  if (!hidden) return 'repeated after a success, and nothing had gone wrong'
  // The lease began with the claim; what froze or slowed the node since then is of that time.
  const claimedAtMost = faults
    .filter(({ began, ended }) => began <= before.at && ended >= before.at - leaseMs)
    .reduce((sum, { began, ended }) => sum + Math.min(ended, before.at) - began, CLOCK_MS)
  const gap = after.at - before.at + claimedAtMost + CLAIM_MS + CLOCK_MS
  return gap >= leaseMs ? null : `repeated ${after.at - before.at} ms after a success`
}

type Body = {
  type: string
  timestamp: string
  data: { id: string; state: string; version: number } & {
    object: { key: string | null; sha256: string; size: number } | null
  }
}

const bodyOf = ({ body }: { body: string }): Body => JSON.parse(body) as Body

const truth: Invariant = {
  id: 'I11d',
  says: "what is told is what is recorded, and an upload's events are in order by version and by time",
  check: (run) => together(truthfulness(run), order(run)),
}

function truthfulness(run: Run): Finding {
  const steps = new Map(run.transitions.map((step) => [`${step.upload_id} ${step.version}`, step]))
  const rows = new Map(run.uploads.map((row) => [row.id, row]))
  return over(run.events, (event) => {
    const { type, timestamp, data } = bodyOf(event)
    const step = steps.get(`${data.id} ${data.version}`)
    if (event.id !== `evt_${data.id}_${data.version}` || event.upload_id !== data.id)
      return `${event.id}: tells of ${data.id} ${data.version}`
    if (step?.state !== data.state || type !== `upload.${data.state}` || type !== event.type)
      return `${event.id}: tells ${type} ${data.state}, the audit has ${step?.state}`
    if (step.at !== Date.parse(timestamp)) return `${event.id}: tells another time than the audit`
    const recorded = JSON.parse(rows.get(data.id)?.object ?? '{}') as { sha256?: string }
    const isSame = data.object === null || data.object.sha256 === recorded.sha256
    return isSame ? null : `${event.id}: tells of other bytes than are recorded`
  })
}

function order(run: Run): Finding {
  const byUpload = groupBy(run.events.map(bodyOf), ({ data }) => data.id)
  return over(byUpload, ([id, told]) => {
    const sorted = told.sort((a, b) => a.data.version - b.data.version)
    const isOrdered = sorted.every(({ timestamp, data }, index) => {
      const before = sorted[index - 1]
      if (!before) return true
      return data.version > before.data.version && timestamp >= before.timestamp
    })
    return isOrdered ? null : `${id}: its events are not in order`
  })
}

const SEALED_KEY = /objects\/upl_[0-9a-f]{32}\/[0-9a-f]{32}/

const discretion: Invariant = {
  id: 'I1c',
  says: "a webhook goes to its upload's tenant alone, with a final key only of a ready upload, and no secret",
  check: (run) => {
    const endpoints = endpointsBy(run, 'path')
    const owners = new Map(run.uploads.map(({ id, tenant }) => [id, tenant]))
    return over(run.received, (received) => {
      const { id, body, path } = received
      const { type, data } = bodyOf(received)
      const tenant = endpoints.get(path)?.tenant
      const other = run.settings.tenants.find((one) => one !== tenant && body.includes(`of-${one}`))
      if (owners.get(data.id) !== tenant || other !== undefined) return `${id}: sent to ${tenant}`
      if (body.includes('staging/')) return `${id}: shows a staging key`
      if (SEALED_KEY.test(body) && type !== 'upload.ready') return `${id}: shows a final key`
      const isLeaked = run.settings.secrets.some((secret) => body.includes(secret))
      return isLeaked ? `${id}: shows a secret` : null
    })
  },
}

export const webhookInvariants: Invariant[] = [
  discretion,
  completeness,
  arrival,
  sameness,
  signatures,
  repetition,
  truth,
]
