/** Calls of the HTTP API in tests: a bearer key, JSON in, status and JSON out. */

import request from 'supertest'
import type { World } from './world.ts'

type Method = 'get' | 'post' | 'delete'

export const slotBody = {
  filename: 'a b.bin',
  contentType: 'application/octet-stream',
  size: 64,
}

export function apiOf(world: Pick<World, 'app'>, key: string) {
  const call = (method: Method, path: string, body?: unknown) => {
    const pending = request(world.app)[method](path).set('authorization', `Bearer ${key}`)
    return body === undefined ? pending : pending.send(body as object)
  }
  return {
    get: (path: string) => call('get', path),
    post: (path: string, body?: unknown) => call('post', path, body),
    delete: (path: string) => call('delete', path),
  }
}

export type Api = ReturnType<typeof apiOf>
