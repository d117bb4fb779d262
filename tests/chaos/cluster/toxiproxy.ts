/** Toxiproxy: every link of the cluster goes through it, so that each can be slowed, cut or broken. */

import { cached, until } from '../../support/processes.ts'
import { launch } from './process.ts'

export type Link = { name: string; listen: number; upstream: number }

export type Toxic = {
  type: 'latency' | 'reset_peer' | 'timeout' | 'limit_data'
  stream: 'upstream' | 'downstream'
  attributes: Record<string, number>
}

export type Toxiproxy = {
  add: (link: string, toxic: Toxic) => Promise<void>
  /** Takes every toxic from a link. */
  clear: (link: string) => Promise<void>
  end: () => Promise<void>
}

const NAME = 'fault'

// As between two machines: calls that overlap are what kills and pauses have to hit.
const DISTANCE = { type: 'latency', stream: 'downstream', attributes: { latency: 25, jitter: 15 } }

export async function startToxiproxy(
  port: number,
  links: readonly Link[],
  log: string,
): Promise<Toxiproxy> {
  const url = `http://127.0.0.1:${port}`
  const running = launch({
    command: cached('toxiproxy'),
    args: ['-host', '127.0.0.1', '-port', String(port)],
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'error' },
    log,
  })
  await until('Toxiproxy', async () => (await fetch(`${url}/version`)).ok)
  for (const { name, listen, upstream } of links) {
    await post(`${url}/proxies`, {
      name,
      listen: `127.0.0.1:${listen}`,
      upstream: `127.0.0.1:${upstream}`,
      enabled: true,
    })
    if (name.endsWith('-storage')) {
      await post(`${url}/proxies/${name}/toxics`, { name: 'distance', toxicity: 1, ...DISTANCE })
    }
  }
  return {
    add: (link, toxic) =>
      post(`${url}/proxies/${link}/toxics`, { name: NAME, toxicity: 1, ...toxic }),
    clear: async (link) => {
      await fetch(`${url}/proxies/${link}/toxics/${NAME}`, { method: 'DELETE' })
    },
    end: running.kill,
  }
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`)
}
