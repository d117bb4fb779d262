import { expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { startReceivers } from '../support/receivers.ts'
import { aSlotRequest } from '../support/uploads.ts'
import { sendAllDue } from '../support/webhooks.ts'
import { createWorld } from '../support/world.ts'

const python = join(
  process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'),
  'venv/bin/python',
)

// Python's official library: another implementation than the one that signs.
const CHECK = `
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
try:
    print(json.dumps(Webhook(given["secret"]).verify(given["body"], given["headers"])))
except WebhookVerificationError:
    print("null")
`

const check = (given: object): unknown =>
  JSON.parse(
    execFileSync(python, ['-c', CHECK], { input: JSON.stringify(given), stdio: 'pipe' }).toString(),
  )

it('a webhook is confirmed by another implementation, with each secret while two are alive, and a changed one is not', async () => {
  const world = await createWorld()
  const receivers = await startReceivers()
  const terms = { url: receivers.url('ok'), events: null, profiles: null, description: null }
  const { webhook, secret: old } = await world.broker.registerWebhook('t', terms)
  const rotation = { id: webhook.id, overlapSeconds: 60 }
  const { secret: fresh } = await world.broker.rotateSecret('t', rotation)
  const { upload } = await world.broker.issueSlot('t', aSlotRequest({ filename: 'été 🚢.bin' }))
  await world.broker.cancelUpload('t', upload.id)
  await sendAllDue(world.broker)
  await world.close()
  await receivers.close()

  const [{ body, headers } = { body: '', headers: {} }] = receivers.received
  for (const secret of [old, fresh]) {
    expect(check({ secret, body, headers })).toMatchObject({
      type: 'upload.canceled',
      data: { id: upload.id, filename: 'été 🚢.bin' },
    })
  }
  expect(check({ secret: fresh, body: body.replace('canceled', 'ready'), headers })).toBeNull()
  const stranger = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  expect(check({ secret: stranger, body, headers })).toBeNull()
})
