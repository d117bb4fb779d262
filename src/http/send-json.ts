/** JSON on the shortest way: Express makes a Buffer of a long text, and its headers then go in a piece of their own. */

import type { Response } from 'express'

export function sendJson(res: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.statusCode = status
  res.setHeader('content-type', 'application/json; charset=utf-8')
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(text)
}
