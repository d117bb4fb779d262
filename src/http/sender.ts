/** What a sender of events offers as its secret, and whether it is the right one. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'

/** MinIO sends Bearer; versitygw can only send what its URL holds: Basic, or `?token=`. */
export function offeredToken(req: Request): string {
  const header = req.get('authorization') ?? ''
  const bearer = /^Bearer (.+)$/i.exec(header)?.[1]
  if (bearer !== undefined) return bearer
  const basic = /^Basic (.+)$/i.exec(header)?.[1]
  if (basic !== undefined) {
    const userAndPassword = Buffer.from(basic, 'base64').toString('utf8')
    return userAndPassword.slice(userAndPassword.indexOf(':') + 1)
  }
  const { token } = req.query
  return typeof token === 'string' ? token : ''
}

/** Compared as digests: equal length, constant time. */
export const isSecret = (offered: string, expected: string): boolean =>
  timingSafeEqual(digest(offered), digest(expected))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
