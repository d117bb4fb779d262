import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import request from 'supertest'
import { apiOf, type Api } from '../support/api.ts'
import { requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, put, type World } from '../support/world.ts'

let world: World
let api: Api
const bytes = someBytes(100)

beforeAll(async () => {
  world = await createWorld()
  api = apiOf(world, await world.newKey('t'))
})
afterAll(() => world.close())

async function ready(): Promise<string> {
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  await put(slot, bytes)
  await world.broker.completeUpload('t', upload.id)
  await world.work()
  return upload.id
}

const keySet = async () =>
  (await request(world.app).get('/.well-known/jwks.json')).body as JSONWebKeySet

describe('GET /v1/uploads/{id}/receipt', () => {
  it('answers a compact JWS over what was verified, which the published keys confirm', async () => {
    const id = await ready()
    const answer = await api
      .get(`/v1/uploads/${id}/receipt`)
      .buffer(true)
      .parse((res, done) => {
        let text = ''
        res.on('data', (chunk: Buffer) => (text += chunk.toString()))
        res.on('end', () => done(null, text))
      })
    expect(answer.headers['content-type']).toMatch(/^application\/jose/)
    const token = String(answer.body)
    const verified = await compactVerify(token, createLocalJWKSet(await keySet()), {
      algorithms: ['EdDSA'],
    })
    const { object } = (await api.get(`/v1/uploads/${id}`)).body
    expect(JSON.parse(new TextDecoder().decode(verified.payload))).toEqual({
      iss: 'berth',
      iat: expect.any(Number),
      uploadId: id,
      ...object,
    })
    expect(object.sha256).toBe(sha256Of(bytes))
  })

  it('answers 409 before ready, 410 after deletion, 404 to another tenant', async () => {
    const { upload } = await world.broker.issueSlot('t', requestFor(bytes))
    expect((await api.get(`/v1/uploads/${upload.id}/receipt`)).status).toBe(409)
    const id = await ready()
    const other = apiOf(world, await world.newKey('other'))
    expect((await other.get(`/v1/uploads/${id}/receipt`)).status).toBe(404)
    await api.delete(`/v1/uploads/${id}`)
    expect((await api.get(`/v1/uploads/${id}/receipt`)).status).toBe(410)
  })
})

describe('GET /.well-known/jwks.json', () => {
  it('publishes the present key and the retired ones, and no private part of any', async () => {
    const { keys } = await keySet()
    expect(keys).toHaveLength(2)
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
      expect(key).not.toHaveProperty('d')
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2)
  })
})
