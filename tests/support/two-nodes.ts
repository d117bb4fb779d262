/** Two Berths in this process over one database: what one node commits, the other has to see. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, type World, type WorldOptions } from './world.ts'

export type TwoNodes = { nodes: [World, World]; close: () => Promise<void> }

/** Each node has an object store of its own; only the records are shared. */
export async function createTwoNodes(options: WorldOptions = {}): Promise<TwoNodes> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-nodes-'))
  const nodes: [World, World] = [
    await createWorld({ ...options, folder }),
    await createWorld({ ...options, folder }),
  ]
  return {
    nodes,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()))
      rmSync(folder, { recursive: true })
    },
  }
}
