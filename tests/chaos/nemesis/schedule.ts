/** Which fault comes when: drawn from the seed alone, so that a run can be repeated. */

import { TIMES, type Mode } from '../options.ts'
import { createRandom, type Random } from '../random.ts'
import type { Toxic } from '../cluster/toxiproxy.ts'

export type Fault =
  | { kind: 'kill'; node: string; downMs: number }
  | { kind: 'pause'; node: string; forMs: number }
  | { kind: 'crash-postgres'; downMs: number }
  | { kind: 'kill-minio'; downMs: number }
  | { kind: 'toxic'; link: string; toxic: Toxic; forMs: number }

/** Milliseconds after the beginning of the load. */
export type Planned = { after: number; fault: Fault }

export type Targets = { mode: Mode; nodes: readonly string[]; links: readonly string[] }

/** Two rows that run beside each other: faults of the nodes, and of everything they need. */
export function scheduleOf(seed: number, targets: Targets, seconds: number): Planned[][] {
  return [
    row(createRandom(seed, 'nodes'), [5, 20], seconds, (random) => nodeFault(random, targets)),
    row(createRandom(seed, 'links'), [6, 16], seconds, (random) => linkFault(random, targets)),
  ]
}

function row(
  random: Random,
  [least, most]: [number, number],
  seconds: number,
  draw: (random: Random) => Fault,
): Planned[] {
  const planned: Planned[] = []
  let after = 0
  for (;;) {
    after += random.between(least, most) * 1000
    if (after > seconds * 1000) return planned
    planned.push({ after, fault: draw(random) })
  }
}

function nodeFault(random: Random, { nodes }: Targets): Fault {
  const node = random.pick(nodes)
  const lease = TIMES.leaseSeconds * 1000
  return random.chance(0.65)
    ? { kind: 'kill', node, downMs: random.between(0, 1_500) }
    : { kind: 'pause', node, forMs: random.between(1.25 * lease, 2.5 * lease) }
}

function linkFault(random: Random, { mode, links }: Targets): Fault {
  const drawn = random.between(0, 1)
  if (drawn < 0.12 && mode === 'postgres') {
    return { kind: 'crash-postgres', downMs: random.between(0, 2_000) }
  }
  if (drawn < 0.25) return { kind: 'kill-minio', downMs: random.between(0, 3_000) }
  const toxic = toxicOf(random)
  return { kind: 'toxic', link: random.pick(links), toxic, forMs: random.between(2_000, 7_000) }
}

function toxicOf(random: Random): Toxic {
  const stream = random.pick(['upstream', 'downstream'] as const)
  const type = random.pick(['latency', 'reset_peer', 'timeout', 'limit_data'] as const)
  const attributes = {
    latency: { latency: random.int(200, 2_000), jitter: random.int(0, 500) },
    reset_peer: { timeout: random.int(0, 500) },
    // 0: nothing comes through, and nobody is told.
    timeout: { timeout: random.pick([0, 0, 1_000]) },
    limit_data: { bytes: random.int(1, 20_000) },
  }
  return { type, stream, attributes: attributes[type] }
}
