/** The endpoints of the run: one per tenant for everything, and one that listens to ready alone. */

import type { Endpoint } from '../check/run.ts'
import { TENANTS } from '../cluster/cluster.ts'
import { makeKey } from '../cluster/nodes.ts'

type Wanted = Pick<Endpoint, 'tenant' | 'path' | 'events'>

const WANTED: Wanted[] = [
  ...TENANTS.map((tenant) => ({ tenant, path: `/all-of-${tenant}`, events: null })),
  { tenant: TENANTS[0] ?? '', path: `/ready-of-${TENANTS[0]}`, events: ['upload.ready'] },
]

export type Place = {
  /** Of a node. */
  url: string
  database: string
  receiver: string
}

export async function registerEndpoints(place: Place): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = []
  for (const wanted of WANTED) endpoints.push(await register(place, wanted))
  return endpoints
}

async function register({ url, database, receiver }: Place, wanted: Wanted): Promise<Endpoint> {
  const { tenant, path, events } = wanted
  const answer = await fetch(`${url}/v1/webhooks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await makeKey(database, tenant, 'admin')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ url: `${receiver}${path}`, ...(events && { events }) }),
  })
  if (answer.status !== 201) throw new Error(`POST /v1/webhooks: ${await answer.text()}`)
  const { id, secret } = (await answer.json()) as { id: string; secret: string }
  return { ...wanted, id, secret }
}
