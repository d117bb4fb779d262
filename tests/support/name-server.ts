/** A name server under a test's control: A, AAAA and CNAME answers over UDP, by name and by question. */

import { createSocket } from 'node:dgram'
import { isIPv4 } from 'node:net'

export type Zone = Record<
  string,
  { addresses: string[] } | { alias: string } | { turns: string[][] }
>

export type NameServer = { address: string; asked: string[]; close: () => Promise<void> }

const A = 1
const CNAME = 5
const AAAA = 28

/** `turns`: another set of addresses for each question, the last one for ever. */
export async function startNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  const turn = new Map<string, number>()
  const addressesOf = (name: string, type: number): string[] => {
    const entry = zone[name]
    if (!entry || 'alias' in entry) return []
    if ('addresses' in entry) return entry.addresses
    // A name is asked for both families at once: the turn is counted by one of them.
    const nth = turn.get(name) ?? 0
    if (type === A) turn.set(name, nth + 1)
    return entry.turns[Math.min(nth, entry.turns.length - 1)] ?? []
  }
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query)
    const type = query.readUInt16BE(end)
    asked.push(name)
    const entry = zone[name]
    const target = entry && 'alias' in entry ? entry.alias : name
    const records = addressesOf(target, type)
      .filter((one) => isIPv4(one) === (type === A))
      .map((one) => record(target, type, bytesOf(one)))
    const alias = target === name ? [] : [record(name, CNAME, encodeName(target))]
    const wanted = type === A || type === AAAA ? [...alias, ...records] : []
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(entry ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(wanted.length, 6)
    header.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...wanted]), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

const encodeName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ])

function record(name: string, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10)
  fields.writeUInt16BE(type, 0)
  fields.writeUInt16BE(1, 2)
  fields.writeUInt32BE(0, 4)
  fields.writeUInt16BE(data.length, 8)
  return Buffer.concat([encodeName(name), fields, data])
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // `new URL` spells out the dotted tail of a mapped address.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
