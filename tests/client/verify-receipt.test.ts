import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { CompactSign } from 'jose'
import { verifyReceipt, type KeySet } from '../../src/client/index.ts'
import { readyUpload } from '../support/ready-upload.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

const BYTES = someBytes(100)

let world: World
let id: string
let receipt: string
let keys: KeySet

beforeAll(async () => {
  world = await createWorld()
  id = (await readyUpload(world, BYTES)).id
  receipt = await world.broker.issueReceipt('t', id)
  keys = await world.broker.receiptKeySet()
})
afterAll(() => world.close())

const parts = (): string[] => receipt.split('.')
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signedBy = (header: { alg: string; kid?: string }) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const payload = Buffer.from(parts()[1] ?? '', 'base64url')
  return new CompactSign(payload).setProtectedHeader(header).sign(privateKey)
}

it('a receipt states what was verified', async () => {
  expect(await verifyReceipt(receipt, keys, id)).toMatchObject({
    iss: 'berth',
    uploadId: id,
    size: BYTES.length,
    sha256: sha256Of(BYTES),
  })
})

it.each<[string, () => string | Promise<string>]>([
  [
    'whose statement was changed',
    () => {
      const [header, payload = '', signature] = parts()
      const text = Buffer.from(payload, 'base64url').toString().replace('"size":100', '"size":101')
      return [header, Buffer.from(text).toString('base64url'), signature].join('.')
    },
  ],
  ['without a signature', () => [...parts().slice(0, 2), ''].join('.')],
  ['that claims to need none', () => [encoded({ alg: 'none' }), parts()[1], ''].join('.')],
  ['with another algorithm', () => [encoded({ alg: 'HS256' }), ...parts().slice(1)].join('.')],
  [
    'of another key that takes the name of ours',
    () => signedBy({ alg: 'EdDSA', kid: keys.keys[0]?.kid ?? '' }),
  ],
  ['of a key that is not published', () => signedBy({ alg: 'EdDSA', kid: 'mine' })],
  ['with a fourth part', () => `${receipt}.x`],
  ['that is no receipt at all', () => 'hello'],
])('a receipt %s is refused', async (_what, make) => {
  await expect(verifyReceipt(await make(), keys, id)).rejects.toThrow()
})

it("another upload's receipt is refused", async () => {
  await expect(verifyReceipt(receipt, keys, 'upl_other')).rejects.toThrow(`a receipt of ${id}`)
})
