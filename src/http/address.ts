/** The name under which an address is counted: of IPv6 the network, as one client has all of it. */

import { isIPv6 } from 'node:net'

const NETWORK_GROUPS = 4

/** @param ip as Express gives it; with TRUST_PROXY, the one that the proxy saw. */
export function networkOf(ip: string | undefined): string {
  if (ip === undefined) return 'unknown'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  return isIPv6(ip) ? groupsOf(ip).slice(0, NETWORK_GROUPS).join(':') : ip
}

function groupsOf(ip: string): string[] {
  const [head = '', tail] = ip.replace(/%.*$/, '').split('::')
  const before = head.split(':').filter((group) => group !== '')
  const after = (tail ?? '').split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return all.map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
}
