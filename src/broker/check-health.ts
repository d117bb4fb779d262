/** Which of the things that Berth stands on answer now. */

import type { Deps } from './deps.ts'

type Check = 'ok' | 'unavailable'

export type Health = { records: Check; storage: Check }

const PATIENCE_MS = 2_000

export async function checkHealth({
  store,
  bucket,
}: Pick<Deps, 'store' | 'bucket'>): Promise<Health> {
  const [records, storage] = await Promise.all([answers(store.ping()), answers(bucket.check())])
  return { records, storage }
}

async function answers(call: Promise<void>): Promise<Check> {
  const late = new Promise<Check>((resolve) => {
    setTimeout(() => resolve('unavailable'), PATIENCE_MS).unref()
  })
  const answered = call.then(
    (): Check => 'ok',
    (): Check => 'unavailable',
  )
  return Promise.race([answered, late])
}
