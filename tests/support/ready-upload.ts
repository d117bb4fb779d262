/** An upload from slot to verdict, in a world whose workers the test runs itself. */

import type { Upload } from '../../src/upload/upload.ts'
import { requestFor } from './uploads.ts'
import { put, type World } from './world.ts'

/** @returns the record as it was issued; by now it is ready. */
export async function readyUpload(
  { broker, work }: Pick<World, 'broker' | 'work'>,
  bytes: Buffer,
  profile = 'default',
): Promise<Upload> {
  const { upload, slot } = await broker.issueSlot('t', requestFor(bytes, { profile }))
  await put(slot, bytes)
  await broker.completeUpload('t', upload.id)
  await work()
  return upload
}
