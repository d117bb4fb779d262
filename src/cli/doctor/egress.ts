/** The way out to those who are told: a connection alone, as whoever is there would take a request for a webhook. */

import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Finding } from '../../bucket/doctor/finding.ts'
import type { Store } from '../../store/store.ts'
import { listEnabledAddresses } from '../../store/webhook-addresses.ts'

const PATIENCE_MS = 5_000

/** So many endpoints are looked at; where one way out is closed, most of them are. */
const MOST_ENDPOINTS = 200
const AT_ONCE = 20

const MEND =
  'Open the way out (firewall, network policy, egress proxy), or correct the address; then GET /v1/deliveries?state=dead and redeliver.'

/** One row for each address that was named on the command line. */
export async function examineEgress(addresses: readonly string[]): Promise<Finding[]> {
  const faults = await connectTo(addresses)
  return addresses.map((address, nth) => {
    const row = { check: 'webhook-egress', tried: `to connect to ${new URL(address).host}` }
    const fault = faults[nth] ?? null
    if (fault === null) {
      const means = 'Webhooks get out.'
      return { ...row, outcome: 'holds', found: 'connected', means, mend: null }
    }
    const means = 'Its webhooks are tried for some days and then given up.'
    return { ...row, outcome: 'broken', found: fault, means, mend: MEND }
  })
}

/** One row for the endpoints that tenants have registered; none when there are none. */
export async function examineReceivers(store: Store | null): Promise<Finding[]> {
  const addresses = store ? await listEnabledAddresses(store, MOST_ENDPOINTS) : []
  const origins = [...new Set(addresses.map((address) => new URL(address).origin))]
  if (origins.length === 0) return []
  const faults = await connectTo(origins)
  const lost = origins.flatMap((origin, nth) => {
    const fault = faults[nth] ?? null
    return fault === null ? [] : [`${new URL(origin).host} (${fault})`]
  })
  const row = {
    check: 'webhook-receivers',
    tried: `to connect to the ${origins.length} servers of the registered endpoints`,
  }
  if (lost.length === 0) {
    const found = 'connected to all'
    return [{ ...row, outcome: 'holds', found, means: 'Webhooks get out.', mend: null }]
  }
  // One that is down is its owner's business; when none answers, it is the way out.
  const outcome = lost.length === origins.length ? 'broken' : 'weaker'
  const means = 'What waits for these is tried for some days, and is a dead letter then.'
  return [{ ...row, outcome, found: lost.join(', '), means, mend: MEND }]
}

/** Why not, in the order of the addresses; null: connected. */
async function connectTo(addresses: readonly string[]): Promise<(string | null)[]> {
  const faults: (string | null)[] = []
  for (let from = 0; from < addresses.length; from += AT_ONCE) {
    const some = addresses.slice(from, from + AT_ONCE)
    faults.push(...(await Promise.all(some.map((address) => connectionFault(new URL(address))))))
  }
  return faults
}

/** Null: connected, with a certificate that is trusted where there is one. */
function connectionFault({ protocol, hostname, port }: URL): Promise<string | null> {
  const isTls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const options = { host, port: Number(port || (isTls ? 443 : 80)) }
  return new Promise((resolve) => {
    const socket = isTls ? connectTls({ ...options, servername: host }) : connectTcp(options)
    const end = (fault: string | null): void => {
      socket.destroy()
      resolve(fault)
    }
    socket.setTimeout(PATIENCE_MS, () => end('no answer'))
    socket.once(isTls ? 'secureConnect' : 'connect', () => end(null))
    socket.once('error', (error: Error) =>
      end('code' in error ? String(error.code) : error.message),
    )
  })
}
