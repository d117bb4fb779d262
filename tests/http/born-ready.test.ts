import { expect, it } from '@jest/globals'
import express from 'express'
import { bornReady } from '../../src/http/born-ready.ts'
import { listen } from '../../src/http/server.ts'

it('requests and answers have the prototypes that Express wants before it sees them', async () => {
  const app = express()
  app.get('/', (req, res) => void res.json({ accepts: req.accepts('json') }))
  const classes = bornReady(app)
  const seen: boolean[] = []
  const first: typeof app = ((req: typeof app.request, res: typeof app.response) => {
    const before = [Object.getPrototypeOf(req), Object.getPrototypeOf(res)]
    app(req, res)
    const after = [Object.getPrototypeOf(req), Object.getPrototypeOf(res)]
    seen.push(before[0] === after[0], before[1] === after[1])
  }) as unknown as typeof app
  const server = await listen(first, classes, { host: '127.0.0.1', port: 0, drainSeconds: 0 })
  const answer = await fetch(server.url)
  expect(await answer.json()).toEqual({ accepts: 'json' })
  await server.close()
  expect(seen).toEqual([true, true])
})
