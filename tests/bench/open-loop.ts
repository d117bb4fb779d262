/** Load from outside: requests sent on time whether or not the last were answered, or as fast as they are. */

import { Agent, request } from 'node:http'

export type Answer = { status: number; ms: number }

export type Call = { url: string; key: string; body: unknown }

const newAgent = (sockets: number): Agent => new Agent({ keepAlive: true, maxSockets: sockets })

function post(agent: Agent, { url, key, body }: Call): Promise<Answer> {
  const before = performance.now()
  const text = JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, ms: performance.now() - before }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

/** @returns every answer, once all have come. */
export async function openLoop(call: Call, perSecond: number, seconds: number): Promise<Answer[]> {
  const agent = newAgent(256)
  const pending: Promise<Answer>[] = []
  const startedAt = performance.now()
  for (let nth = 0; nth < perSecond * seconds; nth += 1) {
    const dueIn = startedAt + (nth * 1000) / perSecond - performance.now()
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn))
    pending.push(post(agent, call))
  }
  const answers = await Promise.all(pending)
  agent.destroy()
  return answers
}

/** @returns how many were answered with 201 per second, over these calls in turn. */
export async function closedLoop(
  calls: Call[],
  connections: number,
  seconds: number,
): Promise<number> {
  const agent = newAgent(connections)
  const startedAt = performance.now()
  let done = 0
  const client = async (call: Call): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      if ((await post(agent, call)).status === 201) done += 1
    }
  }
  const clients = Array.from({ length: connections }, (_, nth) => calls[nth % calls.length] as Call)
  await Promise.all(clients.map(client))
  agent.destroy()
  return done / ((performance.now() - startedAt) / 1000)
}

export const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0
