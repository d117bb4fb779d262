/** Request bodies: media type, then size, then JSON; nothing is read of a body that is refused. */

import express, { type RequestHandler } from 'express'
import { assertDigest } from './content-digest.ts'
import {
  invalidJson,
  payloadTooLarge,
  unsupportedMediaType,
  validationFailed,
} from '../problems.ts'

/** @param limitBytes of the whole body; more is `payload-too-large`. */
export function readJson(limitBytes: number): RequestHandler[] {
  return [assertJsonMedia, ...rawBody(limitBytes), decodeJson]
}

/** For calls whose body may be left out; then it counts as `{}`. */
export function readOptionalJson(limitBytes: number): RequestHandler[] {
  const unlessEmpty =
    (handler: RequestHandler): RequestHandler =>
    (req, res, next) => {
      if (hasBody(req.headers)) {
        void handler(req, res, next)
        return
      }
      req.body = {}
      next()
    }
  return readJson(limitBytes).map(unlessEmpty)
}

/** The bytes as they came; compressed bodies are refused, so no bomb can unfold. */
export const rawBody = (limitBytes: number): RequestHandler[] => [
  // The reader would first wait for an announced giant to arrive.
  (req, _res, next) => {
    if (Number(req.get('content-length') ?? 0) > limitBytes) throw payloadTooLarge(limitBytes)
    next()
  },
  express.raw({ type: () => true, limit: limitBytes, inflate: false }) as RequestHandler,
]

const hasBody = (headers: Record<string, unknown>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

const assertJsonMedia: RequestHandler = (req, _res, next) => {
  const [type = '', ...parameters] = (req.get('content-type') ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (type !== 'application/json') {
    throw unsupportedMediaType(`the body's media type is ${type || 'not given'}`)
  }
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw unsupportedMediaType(`the body's ${charset} is not UTF-8`)
  }
  next()
}

const decodeJson: RequestHandler = (req, _res, next) => {
  const raw: unknown = req.body
  if (!Buffer.isBuffer(raw) || raw.length === 0) throw invalidJson('the body is empty')
  assertDigest(req.get('content-digest'), raw)
  req.body = parseJson(decodeUtf8(raw))
  next()
}

function decodeUtf8(raw: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)
  } catch {
    throw invalidJson('the body is not UTF-8')
  }
}

function parseJson(text: string): unknown {
  let names = 0
  const count = (key: string, value: unknown): unknown => {
    if (key === '__proto__') names += 1
    return value
  }
  try {
    const json: unknown = MAY_NAME_PROTOTYPE.test(text) ? JSON.parse(text, count) : JSON.parse(text)
    if (names === 0) return json
  } catch {
    // The parser's own message would repeat pieces of the body.
    throw invalidJson('the body does not parse')
  }
  throw validationFailed([{ pointer: '/__proto__', detail: 'is a reserved name' }])
}

// The schemas would drop the name in silence; a caller should hear that it is not stored.
const MAY_NAME_PROTOTYPE = /__proto__|\\u005f/i
