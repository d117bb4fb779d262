import { expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { readyUpload } from '../support/ready-upload.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld } from '../support/world.ts'

const python = join(
  process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'),
  'venv/bin/python',
)

// Python's jwcrypto: another implementation of JOSE than ours.
const CHECK = `
import json, sys
from jwcrypto import jwk, jws
given = json.load(sys.stdin)
keys = jwk.JWKSet.from_json(json.dumps(given["keys"]))
token = jws.JWS()
token.allowed_algs = ["EdDSA"]
token.deserialize(given["receipt"])
kid = json.loads(token.objects["protected"])["kid"]
token.verify(keys.get_key(kid))
print(token.payload.decode())
`

const check = (given: object): string =>
  execFileSync(python, ['-c', CHECK], { input: JSON.stringify(given), stdio: 'pipe' }).toString()

it('a receipt is confirmed offline by another implementation, and a changed one is not', async () => {
  const world = await createWorld()
  const bytes = someBytes(100)
  const upload = await readyUpload(world, bytes)
  const receipt = await world.broker.issueReceipt('t', upload.id)
  const keys = await world.broker.receiptKeySet()
  await world.close()

  expect(JSON.parse(check({ receipt, keys }))).toMatchObject({
    uploadId: upload.id,
    sha256: sha256Of(bytes),
    size: 100,
  })
  const [header, payload = '', signature] = receipt.split('.')
  const forged = Buffer.from(payload, 'base64url').toString().replace('"size":100', '"size":101')
  const changed = [header, Buffer.from(forged).toString('base64url'), signature].join('.')
  expect(() => check({ receipt: changed, keys })).toThrow(/InvalidJWSSignature/)
})
