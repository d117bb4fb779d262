/** A Berth that listens, for what clients send to it, and what they send. */

import { UploadError, type Memory } from '../../src/client/index.ts'
import { listening, type Listening } from './listening.ts'
import { someBytes } from './uploads.ts'
import { createWorld, type World } from './world.ts'

export const BYTES = someBytes(300_000)

const PROFILES = {
  default: {},
  pictures: { contentTypes: ['image/*'] },
  any: { contentTypes: ['*/*'] },
}

/** The caller closes both. */
export async function startUploading(): Promise<{ world: World; berth: Listening; key: string }> {
  const world = await createWorld({ profiles: PROFILES })
  return { world, berth: await listening(world), key: await world.newKey() }
}

export const aFile = (
  bytes: Uint8Array<ArrayBuffer> | Buffer = BYTES,
  type = 'application/octet-stream',
  name = 'a b.bin',
): File => new File([new Uint8Array(bytes)], name, { type, lastModified: 1_700_000_000_000 })

export async function failure(promise: Promise<unknown>): Promise<UploadError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof UploadError) return error
  throw new Error('expected an UploadError', { cause: error })
}

/** Like `localStorage`, of one test. */
export function aMemory(): Memory & { size: () => number } {
  const entries = new Map<string, string>()
  return {
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => void entries.set(name, value),
    removeItem: (name) => void entries.delete(name),
    size: () => entries.size,
  }
}
