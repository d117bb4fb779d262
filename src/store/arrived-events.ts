/** Whether an event has come whose body holds a certain word: how the doctor finds the one it caused. */

import type { Store } from './store.ts'

/** No index: asked by hand, and only about what came just now. @param word letters and digits only. */
export async function hasEventWith({ db }: Store, word: string, since: Date): Promise<boolean> {
  const found = await db
    .selectFrom('inbox')
    .select('digest')
    .where('received_at', '>=', since.getTime())
    .where('body', 'like', `%${word}%`)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
