/** All clients, each at its planned moment. */

import { pauseUntil } from '../pause.ts'
import { createClient, type ClientDeps } from './client.ts'
import { live } from './live.ts'
import type { Plan } from './plan.ts'

export type Drive = {
  /** Resolves when the last client has begun. */
  begun: Promise<void>
  /** Resolves when every client is done; rejects with what none of them should meet. */
  done: Promise<void>
}

export function drive(deps: ClientDeps, plans: readonly Plan[]): Drive {
  const startedAt = Date.now()
  const clients: Promise<void>[] = []
  const begin = async (): Promise<void> => {
    for (const plan of plans) {
      await pauseUntil(startedAt + plan.startsAfter)
      // Rotated, so that each node has as many clients of its own.
      const turn = plan.item % deps.nodes.length
      const nodes = [...deps.nodes.slice(turn), ...deps.nodes.slice(0, turn)]
      const client = live(createClient({ ...deps, nodes }), plan)
      client.catch(() => undefined)
      clients.push(client)
    }
  }
  const begun = begin()
  const finish = async (): Promise<void> => {
    await begun
    await Promise.all(clients)
  }
  return { begun, done: finish() }
}
