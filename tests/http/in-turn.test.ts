import { expect, it } from '@jest/globals'
import express, { type RequestHandler } from 'express'
import request from 'supertest'
import { inTurn } from '../../src/http/in-turn.ts'

const appOf = (...handlers: RequestHandler[]) => {
  const app = express()
  app.use(inTurn(handlers))
  app.use((_req, res) => void res.send(String(res.get('x-seen'))))
  const failed: express.ErrorRequestHandler = (error, _req, res, next) => {
    if (res.headersSent) next(error)
    else res.status(500).send(String(error))
  }
  app.use(failed)
  return app
}

const see =
  (what: string): RequestHandler =>
  (_req, res, next) => {
    res.append('x-seen', what)
    next()
  }

it('each handler has its turn, and then the next layer', async () => {
  expect((await request(appOf(see('a'), see('b'))).get('/')).text).toBe('a,b')
})

it('what a handler throws or hands on is for the application, and nobody after it is asked', async () => {
  const throws: RequestHandler = () => {
    throw new Error('thrown')
  }
  const hands: RequestHandler = (_req, _res, next) => next('handed on')
  const answers = await Promise.all([
    request(appOf(see('a'), throws, see('b'))).get('/'),
    request(appOf(see('a'), hands, see('b'))).get('/'),
  ])
  expect(answers.map(({ status, text }) => [status, text])).toEqual([
    [500, 'Error: thrown'],
    [500, 'handed on'],
  ])
  expect(answers.map(({ headers }) => headers['x-seen'])).toEqual(['a', 'a'])
})

it('no error, said as null, is no error', async () => {
  const nothing: RequestHandler = (_req, _res, next) => (next as (error: null) => void)(null)
  expect((await request(appOf(nothing, see('b'))).get('/')).text).toBe('b')
})
