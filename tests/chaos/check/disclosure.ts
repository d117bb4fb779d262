/** I1, I20 to I23, I26: what clients and logs got to see, and what they could do with it. */

import { keyOf, shownBy, signedBy, textOf } from './answers.ts'
import { over, together, type Finding, type Invariant } from './invariant.ts'
import type { Call, Run } from './run.ts'

// A node takes the time from the database, and is off by half the way there at most.
const CLOCK_MS = 500

const SEALED_KEY = /objects\/upl_[0-9a-f]{32}\/[0-9a-f]{32}/g

const keys: Invariant = {
  id: 'I1',
  says: 'a final key is shown only of a ready upload, a staging key only inside its slot',
  check: (run) => together(sealedKeys(run), stagingKeys(run)),
}

function sealedKeys(run: Run): Finding {
  const readyAt = new Map(
    run.transitions.filter(({ state }) => state === 'ready').map((row) => [row.upload_id, row.at]),
  )
  const owners = new Map(
    run.uploads.flatMap(({ id, sealed_key }) => {
      const at = readyAt.get(id)
      return sealed_key !== null && at !== undefined ? [[sealed_key, { id, at }] as const] : []
    }),
  )
  const shown = run.calls.flatMap((call) =>
    (textOf(call).match(SEALED_KEY) ?? []).map((key) => ({ call, key })),
  )
  return over(shown, ({ call, key }) => {
    const owner = owners.get(key)
    if (!owner) return `call ${call.call}: shows ${key}, which is of no ready upload`
    const record = shownBy(call)
    if (owner.at > (call.ended ?? 0) + CLOCK_MS)
      return `${owner.id}: its key was shown before it was ready`
    return record && record.state !== 'ready' ? `${owner.id}: shown while ${record.state}` : null
  })
}

/** Berth's answers, the slot aside; the store may name a key to whoever came with its URL. */
const stagingKeys = (run: Run): Finding =>
  over(run.calls.filter(isToBerth), (call) => {
    const record = shownBy(call)
    const rest = record ? JSON.stringify({ ...record, slot: null }) : textOf(call)
    return rest.includes('staging/') ? `call ${call.call}: shows a staging key` : null
  })

const isToBerth = ({ op }: Call): boolean => op !== 'put' && op !== 'fetch'

const RANDOM_KEY = /^(staging|objects)\/upl_[0-9a-f]{32}\/[0-9a-f]{32}$/

const generated: Invariant = {
  id: 'I20',
  says: 'every key is made of generated pieces alone',
  check: (run) => {
    const recorded = run.uploads.flatMap(({ staging_key, sealed_key }) => [staging_key, sealed_key])
    const all = [...recorded, ...run.objects.map(({ key }) => key)].filter((key) => key !== null)
    return over(all, (key) => (RANDOM_KEY.test(key) ? null : `${key}: is no generated key`))
  },
}

const credentials: Invariant = {
  id: 'I21',
  says: 'slot URLs are signed by the signer, download URLs by the reader, none by the keeper',
  check: (run) => {
    const { signer, reader } = run.settings.accessKeyIds
    return over(signedUrls(run.calls), ({ call, url }) => {
      const wanted = call.op === 'download' ? reader : signer
      return signedBy(url) === wanted ? null : `call ${call.call}: signed by ${signedBy(url)}`
    })
  },
}

function* signedUrls(calls: Call[]): Generator<{ call: Call; url: string }> {
  for (const call of calls) {
    const slot = shownBy(call)?.slot
    if (slot) yield { call, url: slot.url }
    if (call.op === 'download' && call.outcome === 'ok') {
      yield { call, url: (call.answer as { url: string }).url }
    }
  }
}

const LEAKS = [/X-Amz-Signature=[0-9a-f]{8}/i, /staging\/upl_/, /Bearer berth_/]
const STACK = /\\n\s+at .+:\d+:\d+/

const secrets: Invariant = {
  id: 'I22',
  says: 'no signature, secret or staging key in a log; no secret or stack in an answer',
  check: (run) => {
    const isSecret = (text: string): boolean =>
      run.settings.secrets.some((secret) => text.includes(secret))
    return together(
      over(run.logs, (line) =>
        isSecret(line) || LEAKS.some((leak) => leak.test(line)) ? `log: ${line}` : null,
      ),
      over(run.calls, (call) => {
        const text = textOf(call)
        return isSecret(text) || STACK.test(text) ? `call ${call.call}: ${text}` : null
      }),
    )
  },
}

const isolation: Invariant = {
  id: 'I23',
  says: "no answer holds anything of another tenant, and another tenant's id is a 404",
  check: (run) => {
    const owners = new Map(run.uploads.map(({ id, tenant }) => [id, tenant]))
    return together(
      over(run.calls, (call) => {
        const text = textOf(call)
        const other = run.settings.tenants.find(
          (tenant) => tenant !== call.tenant && text.includes(`of-${tenant}`),
        )
        return other === undefined ? null : `call ${call.call}: ${call.tenant} is shown ${other}`
      }),
      over(
        run.calls.filter(({ upload, tenant }) => strange(owners.get(upload ?? ''), tenant)),
        ({ call, outcome, status }) =>
          outcome === 'unknown' || TELLS_NOTHING.has(status ?? 0)
            ? null
            : `call ${call}: ${status} for another tenant's upload`,
      ),
    )
  },
}

/** 429 is answered before anybody has looked whose the upload is. */
const TELLS_NOTHING = new Set([404, 429])

const strange = (owner: string | undefined, tenant: string): boolean =>
  owner !== undefined && owner !== tenant

// SigV4 counts whole seconds, and a slowed link carries a PUT late.
const SKEW_MS = 1_000

const expiry: Invariant = {
  id: 'I26',
  says: 'a slot works until its expiresAt, and not after it',
  check: (run) => {
    const rows = new Map(run.uploads.map((row) => [row.id, row]))
    const puts = run.calls.flatMap(({ sent: { put }, upload, ...call }) => {
      const row = rows.get(upload ?? '')
      // A PUT that breaks a promise of its slot is refused at any time.
      const isKept = put?.size === row?.size && put?.contentType === row?.content_type
      return put?.by === 'client' && isKept ? [{ ...call, expiresAt: put.expiresAt }] : []
    })
    return over(puts, ({ call, expiresAt, began, ended, status }) => {
      if (status === 200 && began > expiresAt + SKEW_MS) return `call ${call}: landed too late`
      const isEarly = ended !== null && ended < expiresAt - SKEW_MS
      return status === 403 && isEarly ? `call ${call}: refused before its expiry` : null
    })
  },
}

/** Every record's key comes from its slot; a slot of another record would be a disclosure too. */
const slots: Invariant = {
  id: 'I1b',
  says: 'a slot is always for the staging key of its own record',
  check: (run) => {
    const rows = new Map(run.uploads.map((row) => [row.id, row]))
    const shown = run.calls.flatMap((call) => shownBy(call) ?? [])
    const withSlot = shown.flatMap(({ id, slot }) => (slot ? [{ id, url: slot.url }] : []))
    return over(withSlot, ({ id, url }) =>
      rows.get(id)?.staging_key === keyOf(url) ? null : `${id}: its slot is for ${keyOf(url)}`,
    )
  },
}

export const disclosureInvariants: Invariant[] = [
  keys,
  slots,
  generated,
  credentials,
  secrets,
  isolation,
  expiry,
]
