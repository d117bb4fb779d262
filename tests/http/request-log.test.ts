import { expect, it } from '@jest/globals'
import { pino } from 'pino'
import express from 'express'
import request from 'supertest'
import { requestLog } from '../../src/http/request-log.ts'

it('logs method, path and status of a request, and none of its secrets', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const app = express().use(requestLog(logger), (_req, res) => void res.json({ secret: 'in-body' }))
  await request(app)
    .post('/events/s3?token=in-query&X-Amz-Signature=in-query')
    .set({ authorization: 'Bearer in-header', cookie: 'in-header' })
    .send({ a: 'in-body' })

  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'http.answered',
    req: { method: 'POST', path: '/events/s3' },
    res: { statusCode: 200 },
  })
  expect(lines).toHaveLength(1)
  expect(lines.join('')).not.toMatch(/in-query|in-header|in-body/)
})

it('logs what a client left before its end, once', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const app = express().use(requestLog(logger), (req, res) => {
    res.write('begun')
    req.socket.destroy()
  })
  await expect(request(app).get('/v1/uploads?x=1')).rejects.toThrow()
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ req: { method: 'GET', path: '/v1/uploads' } }),
  ])
})
