/** What an operator finds: uploads that ended in every way, an endpoint that took nothing, an event that nobody can read. */

import { call, untilFinal, type Shown } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { startReceivers, type Receivers } from '../support/receivers.ts'
import { PNG, someBytes } from '../support/uploads.ts'
import type { Stack } from './stack.ts'

export type Past = { receivers: Receivers; rejected: Shown }

const BIN = 'application/octet-stream'

/** 27 are ready, 1 rejected, 1 canceled and 1 pending, in this order: the first is the rejected one. */
export async function makeAPast(stack: Stack): Promise<Past> {
  const receivers = await startReceivers()
  const rejected = await rejectedOne(stack, receivers)
  for (let nth = 0; nth < 26; nth += 1) {
    await upload(stack, `report-${nth}.bin`, BIN, someBytes(500, nth))
  }
  await upload(stack, 'picture.png', 'image/png', PNG)
  const open = { filename: 'unsent.bin', contentType: BIN, size: 10 }
  await call(stack, 'POST', '/v1/uploads', open)
  const { id } = await call(stack, 'POST', '/v1/uploads', { ...open, filename: 'withdrawn.bin' })
  await call(stack, 'DELETE', `/v1/uploads/${id}`)
  await fetch(`${stack.url}/events/s3`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.eventsToken}` },
    body: '{"no":"form that anybody knows"}',
  })
  return { receivers, rejected }
}

/** The endpoint that is told of it says that it is gone, so all later messages are dead letters. */
async function rejectedOne(stack: Stack, receivers: Receivers): Promise<Shown> {
  const admin = asAdmin(stack)
  receivers.mood.status = 410
  await call(admin, 'POST', '/v1/webhooks', { url: receivers.url('flaky'), description: 'shop' })
  const rejected = await upload(stack, 'not-a-picture.png', 'image/png', Buffer.from('%PDF-1.4\n'))
  await until('the endpoint to be disabled', async () => {
    const [webhook] = await webhooksOf(stack)
    return webhook?.state === 'disabled'
  })
  return rejected
}

export const asAdmin = ({ url, adminKey }: Stack) => ({ url, key: adminKey })

export async function webhooksOf(stack: Stack): Promise<{ id: string; state: string }[]> {
  const path = '/v1/webhooks'
  const listed = await call<{ webhooks: { id: string; state: string }[] }>(
    asAdmin(stack),
    'GET',
    path,
  )
  return listed.webhooks
}

async function upload(
  stack: Stack,
  filename: string,
  contentType: string,
  bytes: Buffer,
): Promise<Shown> {
  const body = { filename, contentType, size: bytes.length, metadata: { order: `of ${filename}` } }
  const issued = await call(stack, 'POST', '/v1/uploads', body)
  const { url, headers } = issued.slot ?? { url: '', headers: {} }
  await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  await call(stack, 'POST', `/v1/uploads/${issued.id}/complete`)
  return untilFinal(stack, issued.id)
}
