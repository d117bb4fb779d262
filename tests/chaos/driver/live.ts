/** The life of one client, as planned: ask for a slot, send or not, spoil it or not, wait for the end. */

import type { Put } from '../check/run.ts'
import { pause } from '../pause.ts'
import { bytesOf, sha256Of } from './bytes.ts'
import type { Client } from './client.ts'
import type { Answered } from './history.ts'
import type { Plan } from './plan.ts'

type Slot = { url: string; headers: Record<string, string>; expiresAt: string }
type Shown = { id: string; state: string; slot: Slot | null }
type Live = { client: Client; plan: Plan; id: string; slot: Slot }

const OPEN = ['pending', 'received', 'verifying']
const PATIENCE_MS = 150_000
const BETWEEN_MS = 500
const POLL_SECONDS = 10

const shown = ({ outcome, answer }: Answered): Shown | null =>
  outcome === 'ok' ? (answer as Shown) : null

const about = ({ plan, id }: Pick<Live, 'plan' | 'id'>) => ({
  item: plan.item,
  tenant: plan.tenant,
  upload: id,
})

export async function live(client: Client, plan: Plan): Promise<void> {
  const issued = await issue(client, plan)
  if (!issued?.slot) return
  const one: Live = { client, plan, id: issued.id, slot: issued.slot }
  if (plan.isPeeked) await peek(one)
  if (plan.renews) one.slot = (await renew(one))?.slot ?? one.slot
  if (plan.kind === 'never') return

  await deliver(one)
  await pause(plan.pauseMs)
  if (plan.kind === 'canceled') return withdraw(one)
  if (plan.duplicate !== 'none') await sendAgain(one, plan.duplicate)
  if (plan.completes) await complete(one)
  const end = await follow(one)
  if (end?.state !== 'ready') return
  if (plan.downloads) await download(one)
  if (plan.deletes) await withdraw(one)
}

/** A quota that is used up is no mistake: wait for room, as a client would. */
async function issue(client: Client, plan: Plan): Promise<Shown | null> {
  const giveUpAt = Date.now() + PATIENCE_MS
  const whose = { item: plan.item, tenant: plan.tenant, upload: null }
  for (;;) {
    const answered = await client.call({ ...whose, op: 'issue' }, (call) => {
      const declared = declaredBy(plan, call)
      const body = { ...declared, expiresIn: plan.expiresIn }
      return { method: 'POST', path: '/v1/uploads', body, sent: { declared } }
    })
    const isFull = answered.status === 403 || answered.status === 429
    if (!isFull || Date.now() > giveUpAt) return shown(answered)
    await pause(BETWEEN_MS)
  }
}

const wantedBytes = (plan: Plan): Buffer => bytesOf(plan.content, plan.size, `${plan.item}`)

function declaredBy(plan: Plan, call: number) {
  const { kind, content, tenant, profile, size } = plan
  const named = content === 'png' ? 'image/png' : 'application/octet-stream'
  return {
    profile,
    filename: `of-${tenant} ${call}.bin`,
    contentType: kind === 'wrong-type' ? 'application/pdf' : named,
    size,
    sha256: plan.declaresSha256 ? sha256Of(wantedBytes(plan)) : null,
    metadata: { call: String(call), taint: `of-${tenant}` },
  }
}

/** What really goes to the store. */
function bytesToSend(plan: Plan): Buffer {
  const { kind, content, size, item } = plan
  if (kind === 'wrong-bytes' || kind === 'planted-bytes')
    return bytesOf(content, size, `${item} bad`)
  if (kind === 'planted-size') return bytesOf(content, size + 1, `${item}`)
  return wantedBytes(plan)
}

async function deliver(one: Live): Promise<void> {
  const { plan } = one
  const bytes = bytesToSend(plan)
  if (plan.kind.startsWith('planted-')) return plantUntilKnown(one, bytes)
  await sendUntilKnown(one, bytes)
  if (plan.kind === 'overwritten') {
    await plantUntilKnown(one, bytesOf(plan.content, plan.size, `${plan.item} other`))
  }
}

function putOf({ plan, slot }: Live, bytes: Buffer, by: Put['by']): Put {
  return {
    key: decodeURIComponent(new URL(slot.url).pathname).split('/').slice(2).join('/'),
    size: bytes.length,
    sha256: sha256Of(bytes),
    contentType: slot.headers['content-type'] ?? '',
    content: plan.content,
    by,
    expiresAt: Date.parse(slot.expiresAt),
  }
}

const sendOnce = (one: Live, bytes: Buffer): Promise<Answered> => {
  const { url, headers } = one.slot
  return one.client.put(about(one), { url, headers, put: putOf(one, bytes, 'client'), bytes })
}

/** Until the store has said yes or no; an expired slot is renewed, for as long as that is possible. */
async function sendUntilKnown(one: Live, bytes: Buffer): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS
  while (Date.now() < giveUpAt) {
    if (Date.parse(one.slot.expiresAt) <= Date.now()) {
      const renewed = await renew(one)
      if (!renewed?.slot) return
      one.slot = renewed.slot
    }
    const { outcome } = await sendOnce(one, bytes)
    if (outcome !== 'unknown') return
    await pause(BETWEEN_MS)
  }
}

/** Not for ever: a PUT of an insider keeps to no slot, and must not come after the upload is over. */
async function plantUntilKnown(one: Live, bytes: Buffer): Promise<void> {
  while (Date.now() < Date.parse(one.slot.expiresAt)) {
    const { outcome } = await one.client.plant(about(one), putOf(one, bytes, 'insider'), bytes)
    if (outcome !== 'unknown') return
    await pause(BETWEEN_MS)
  }
}

async function sendAgain(one: Live, which: 'same' | 'other'): Promise<void> {
  const { content, size, item } = one.plan
  const other = bytesOf(content, size, `${item} again`)
  await sendOnce(one, which === 'same' ? bytesToSend(one.plan) : other)
}

const renew = async (one: Live): Promise<Shown | null> =>
  shown(
    await one.client.call({ ...about(one), op: 'renew' }, () => ({
      method: 'POST',
      path: `/v1/uploads/${one.id}/slot`,
    })),
  )

const complete = (one: Live): Promise<Answered> =>
  one.client.call({ ...about(one), op: 'complete' }, () => ({
    method: 'POST',
    path: `/v1/uploads/${one.id}/complete`,
  }))

async function withdraw(one: Live): Promise<void> {
  await one.client.call({ ...about(one), op: 'cancel' }, () => ({
    method: 'DELETE',
    path: `/v1/uploads/${one.id}`,
  }))
}

/** Long polls until it is over. */
async function follow(one: Live): Promise<Shown | null> {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    const answered = await one.client.call({ ...about(one), op: 'get' }, () => ({
      method: 'GET',
      path: `/v1/uploads/${one.id}?wait=${POLL_SECONDS}`,
    }))
    const upload = shown(answered)
    const isOver = upload !== null && !OPEN.includes(upload.state)
    if (isOver || answered.outcome !== 'ok' || Date.now() > giveUpAt) return upload
  }
}

async function download(one: Live): Promise<void> {
  const { outcome, answer } = await one.client.call({ ...about(one), op: 'download' }, () => ({
    method: 'GET',
    path: `/v1/uploads/${one.id}/download`,
  }))
  if (outcome === 'ok') await one.client.fetch(about(one), (answer as { url: string }).url)
}

async function peek(one: Live): Promise<void> {
  const tenant = one.plan.tenant === 'ant' ? 'bee' : 'ant'
  await one.client.call({ ...about(one), tenant, op: 'get' }, () => ({
    method: 'GET',
    path: `/v1/uploads/${one.id}`,
  }))
}
