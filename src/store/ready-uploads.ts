/** All ready records in the order of their ids, for comparing them with the bucket. */

import type { Store } from './store.ts'

export type ReadyRecord = {
  id: string
  bucket: string
  key: string
  /** Bytes. */
  size: number
}

const PAGE = 1_000

export async function* eachReady({ db }: Store): AsyncGenerator<ReadyRecord> {
  let afterId = ''
  for (;;) {
    const rows = await db
      .selectFrom('uploads')
      .select(['id', 'bucket', 'sealed_key', 'size'])
      .where('state', '=', 'ready')
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id, bucket, sealed_key, size } of rows) {
      yield { id, bucket, key: sealed_key ?? '', size }
    }
    if (rows.length < PAGE) return
    afterId = rows.at(-1)?.id ?? ''
  }
}
