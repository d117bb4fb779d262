import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import request from 'supertest'
import { createApp } from '../../src/http/app.ts'
import { describe as describeApi, OPERATIONS } from '../../src/http/description.ts'
import type { Answer, Operation } from '../../src/http/openapi/operation.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { breachOf } from '../support/described.ts'
import { someBytes } from '../support/uploads.ts'
import { createWorld, EVENTS_TOKEN, put, type World } from '../support/world.ts'

let world: World
let key: string
beforeAll(async () => {
  world = await createWorld({ assertSns: () => Promise.resolve() })
  key = await world.newKey()
})
afterAll(() => world.close())

const operation = (id: string): Operation => {
  const found = OPERATIONS.find((each) => each.id === id)
  if (!found) throw new Error(`no operation ${id}`)
  return found
}

type Sent = { path: string; body?: unknown }

/** Sends it with the credentials that the call asks for. @returns what is not as described, if anything. */
async function send({ method, path: template }: Operation, { path, body }: Sent) {
  const pending = request(world.app)[method](path)
  const credential = template.startsWith('/events/') ? EVENTS_TOKEN : key
  pending.set({ authorization: `Bearer ${credential}`, 'x-api-key': EVENTS_TOKEN })
  const answer = await (body === undefined ? pending : pending.send(body as object))
  const type = answer.headers['content-type'] ?? ''
  const { status, text } = answer
  const breach = breachOf({ method, path, status, type, body: text })
  return { status, breach, body: answer.body }
}

async function issue(): Promise<string> {
  return (await apiOf(world, key).post('/v1/uploads', slotBody)).body.id
}

async function inParts(): Promise<string> {
  const body = { ...slotBody, size: 70_000_000 }
  return (await apiOf(world, key).post('/v1/uploads', body)).body.id
}

async function ready(): Promise<string> {
  const issued = (await apiOf(world, key).post('/v1/uploads', slotBody)).body
  await put(issued.slot, someBytes(64))
  await apiOf(world, key).post(`/v1/uploads/${issued.id}/complete`)
  await world.work()
  return issued.id
}

async function webhook(): Promise<string> {
  const url = 'https://hooks.example/berth'
  return (await apiOf(world, key).post('/v1/webhooks', { url })).body.id
}

const delivery = async (): Promise<string> =>
  (await apiOf(world, key).post(`/v1/webhooks/${await webhook()}/test`)).body.id

/** What the call is about, in the state that it is for. */
async function subjectOf({ id, idPrefix }: Operation): Promise<string> {
  if (idPrefix === 'wh') return webhook()
  if (idPrefix === 'dlv') return delivery()
  if (['signParts', 'listParts'].includes(id)) return inParts()
  const ends = ['downloadUpload', 'getReceipt', 'deleteUpload', 'completeUpload', 'followUpload']
  if (ends.includes(id)) return ready()
  return issue()
}

const addressOf = async (each: Operation): Promise<string> =>
  (each.path.includes(':id') ? each.path.replace(':id', await subjectOf(each)) : each.path).replace(
    ':slug',
    'not-found',
  )

const successOf = ({ answers }: Operation): number => answers[0]?.status ?? 0

const withExamples = OPERATIONS.flatMap((each) =>
  Object.entries(each.body?.examples ?? {}).map(
    ([name, body]) => [`${each.id}, ${name}`, each, body] as const,
  ),
)

describe('openapi.json', () => {
  it('is what the schemas say today; `make openapi` writes it anew', () => {
    const committed = readFileSync('openapi.json', 'utf8')
    expect(committed).toBe(`${JSON.stringify(describeApi(''), null, 2)}\n`)
  })

  it('is served, with no host of its own', async () => {
    const answer = await request(world.app).get('/openapi.json')
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(answer.body).toEqual(describeApi(''))
  })

  it('describes every route, and no other', () => {
    const routes = routesOf(world.routes).sort()
    const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort()
    expect(described).toEqual(routes)
  })

  it('calls every operation by a name of its own', () => {
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
  })

  it('leads from an answer to calls that exist', () => {
    for (const id of OPERATIONS.flatMap(({ leadsTo = [] }) => leadsTo)) operation(id)
  })
})

describe('every call', () => {
  it.each(OPERATIONS.map((each) => [each.id, each] as const))(
    '%s answers as it is described',
    async (_id, each) => {
      const [body] = Object.values(each.body?.examples ?? {})
      const sent = await send(each, { path: await addressOf(each), body })
      expect([sent.status, sent.breach]).toEqual([successOf(each), null])
    },
  )

  it.each(withExamples)('%s: the example is taken', async (_name, each, body) => {
    const sent = await send(each, { path: await addressOf(each), body })
    expect([sent.status, sent.breach]).toEqual([successOf(each), null])
  })

  const examples = OPERATIONS.flatMap(({ id, answers }) =>
    answers.filter(({ example }) => example !== undefined).map((answer) => [id, answer] as const),
  )
  it.each(examples)('%s: the example of the answer is one', (_id, { content, example }: Answer) => {
    if (content === null || typeof content === 'string') throw new Error('nothing to compare with')
    content.parse(example)
  })

  it('says of an unknown id what is listed', async () => {
    for (const each of OPERATIONS.filter(({ path }) => path.includes(':id'))) {
      const unknown = `${each.idPrefix ?? 'upl'}_${'f'.repeat(32)}`
      // What has to have a body is asked for that first.
      const [body] = each.body?.required ? Object.values(each.body.examples) : []
      const sent = await send(each, { path: each.path.replace(':id', unknown), body })
      expect([each.id, sent.status, sent.breach]).toEqual([each.id, 404, null])
    }
  })
})

type Layer = {
  handle: { stack?: Layer[] }
  route?: { path: string; methods: Record<string, boolean> }
}

/** Each as `get /path`, read from the router itself. */
function routesOf(app: ReturnType<typeof createApp>): string[] {
  const walk = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) =>
      route
        ? Object.keys(route.methods)
            .filter((method) => method !== '_all')
            .map((method) => `${method} ${route.path}`)
        : walk(handle.stack ?? []),
    )
  return walk((app.router as unknown as { stack: Layer[] }).stack)
}
