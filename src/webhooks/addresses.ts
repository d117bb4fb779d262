/** Which addresses are out in the internet: everything special-purpose is not. */

import { BlockList, isIP } from 'node:net'

const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
] as const

/** Azure's wire server answers its machines under an address that looks public. */
export const PUBLIC_METADATA = '168.63.129.16'

/** Outside of this block nothing is routed in the internet: loopback, mapped, NAT64, local, … */
const PUBLIC_V6 = '2000::/3'

const SPECIAL_V6 = [
  // Teredo, benchmarks, ORCHID: other networks behind an address.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
] as const

const special = blockListOf([...SPECIAL_V4, ...SPECIAL_V6, `${PUBLIC_METADATA}/32`])
const publicV6 = blockListOf([PUBLIC_V6])

/** @param address an IP address as node:net spells it, without brackets or zone. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, 'ipv4')
  return publicV6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
