/** Lets the planned faults loose; each takes itself back before the next of its row. */

import type { Cluster } from '../cluster/cluster.ts'
import type { Lines } from '../lines.ts'
import { pause, pauseUntil } from '../pause.ts'
import type { Fault, Planned } from './schedule.ts'

export type Nemesis = {
  /** How many of each kind there have been. */
  counts: Map<string, number>
  /** Milliseconds from each kill of a node until it was ready again. */
  recoveries: number[]
  /** No further fault; resolves when the present ones are over. */
  stop: () => Promise<void>
}

export function startNemesis(cluster: Cluster, rows: readonly Planned[][], lines: Lines): Nemesis {
  const startedAt = Date.now()
  const stopping = new AbortController()
  const stopped = aborted(stopping.signal)
  const counts = new Map<string, number>()
  const recoveries: number[] = []
  const play = async (row: readonly Planned[]): Promise<void> => {
    for (const { after, fault } of row) {
      await Promise.race([pauseUntil(startedAt + after), stopped])
      if (stopping.signal.aborted) return
      counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1)
      lines.write({ at: Date.now(), event: 'begins', planned: after, ...fault })
      await strike(cluster, fault, recoveries)
      lines.write({ at: Date.now(), event: 'over', planned: after, kind: fault.kind })
    }
  }
  const played = Promise.all(rows.map(play))
  played.catch(() => undefined)
  return {
    counts,
    recoveries,
    stop: async () => {
      stopping.abort()
      await played
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

async function strike(cluster: Cluster, fault: Fault, recoveries: number[]): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      return killNode(cluster, fault, recoveries)
    case 'pause':
      return pauseNode(cluster, fault)
    case 'crash-postgres':
      await cluster.postgres?.crash()
      await pause(fault.downMs)
      return cluster.postgres?.start()
    case 'kill-minio':
      await cluster.minio.kill()
      await pause(fault.downMs)
      return cluster.minio.start()
    case 'toxic':
      await cluster.toxiproxy.add(fault.link, fault.toxic)
      await pause(fault.forMs)
      return cluster.toxiproxy.clear(fault.link)
  }
}

const nodeOf = ({ nodes }: Cluster, name: string) => {
  const node = nodes.find((one) => one.name === name)
  if (!node) throw new Error(`no node ${name}`)
  return node
}

/** Not held up by a database that is away: the node starts when it can. */
async function killNode(
  cluster: Cluster,
  { node: name, downMs }: Extract<Fault, { kind: 'kill' }>,
  recoveries: number[],
): Promise<void> {
  const node = nodeOf(cluster, name)
  await node.kill()
  await pause(downMs)
  const startedAt = Date.now()
  node.start()
  node.whenReady().then(
    () => recoveries.push(Date.now() - startedAt),
    () => undefined,
  )
}

async function pauseNode(
  cluster: Cluster,
  { node: name, forMs }: Extract<Fault, { kind: 'pause' }>,
): Promise<void> {
  const node = nodeOf(cluster, name)
  node.freeze()
  await pause(forMs)
  node.thaw()
}
