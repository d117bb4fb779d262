import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { Problem } from '../../src/problems.ts'
import { assertEndpointUrl } from '../../src/webhooks/endpoint-url.ts'
import { createSender, type Sender } from '../../src/webhooks/send.ts'
import { startNameServer, type NameServer } from '../support/name-server.ts'

const METADATA = '169.254.169.254'

/** Listens wherever a forged address might lead; nothing may ever connect. */
const sentinels: Server[] = []
let connections = 0
let port = 0
let hasMetadata = false
let names: NameServer
let sender: Sender

beforeAll(async () => {
  hasMetadata = ip('add')
  port = await listen('127.0.0.1', 0)
  for (const host of ['::1', ...(hasMetadata ? [METADATA] : [])]) await listen(host, port)
  names = await startNameServer({
    'private.acme.io': { addresses: ['127.0.0.1'] },
    'private6.acme.io': { addresses: ['::1'] },
    'mapped.acme.io': { addresses: ['::ffff:127.0.0.1'] },
    'nat64.acme.io': { addresses: ['64:ff9b::7f00:1'] },
    'metadata.acme.io': { addresses: [METADATA] },
    'nothing.acme.io': { addresses: ['0.0.0.0'] },
    'mixed.acme.io': { addresses: ['192.0.43.8', '127.0.0.1'] },
    'mixed6.acme.io': { addresses: ['192.0.43.8', '::1'] },
    'alias.acme.io': { alias: 'private.acme.io' },
    'rebinding.acme.io': { turns: [['127.0.0.1'], ['127.0.0.1', '::1'], [METADATA]] },
    'nobody.acme.io': { addresses: [] },
  })
  sender = createSender({ allowPrivate: false, timeoutMs: 5_000, nameServers: [names.address] })
})
afterAll(async () => {
  sender.close()
  await names.close()
  await Promise.all(sentinels.map((one) => new Promise((resolve) => one.close(resolve))))
  if (hasMetadata) ip('del')
})

/** A dummy of the cloud's metadata address, where this user may add one. */
function ip(action: 'add' | 'del'): boolean {
  try {
    execFileSync('ip', ['addr', action, `${METADATA}/32`, 'dev', 'lo'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function listen(host: string, wanted: number): Promise<number> {
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(wanted, host, resolve))
  sentinels.push(server)
  return (server.address() as { port: number }).port
}

const SPELLINGS = [
  // J3: loopback and its neighbours, in every spelling of an IPv4 address.
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f.1', '0x7f000001', '0x7f.0x0.0x0.0x1'],
  ...['0177.0.0.1', '017700000001', '0177.1', '127.255.255.254', '127.0.0.1.', '0', '0.0.0.0'],
  ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '198.18.0.1'],
  ...['192.0.0.192', '224.0.0.1', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...[
    METADATA,
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '100.100.100.200',
  ],
  // J4: IPv6, and IPv4 inside it.
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
  ],
  ...['[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
  ...['[fd00::1]', '[fd00:ec2::254]', '[fe80::1]', '[fe80::1%25lo]', '[fec0::1]', '[ff02::1]'],
  ...['[2001:0:7f00:1::]', '[2001:db8::1]', '[100::1]', '[::ffff:a9fe:a9fe]', '[5f00::1]'],
  // J6, J10: names of machines next door, and letters that only look different.
  ...[
    'localhost',
    'LOCALHOST.',
    'x.localhost',
    'localhost.localdomain',
    'foo.internal',
    'printer.local',
  ],
  ...['metadata.google.internal', 'metadata', 'intranet', 'router.lan', 'nas.home.arpa', 'db'],
  ...['１２７.0.0.1', '１２７．０．０．１', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', '①②⑦.0.0.1', '127。0。0。1'],
]

const refusal = (url: string): string => {
  try {
    return `allowed: ${assertEndpointUrl(url, { allowPrivate: false })}`
  } catch (error) {
    return error instanceof Problem ? error.fields.slug : String(error)
  }
}

describe('registration', () => {
  it.each(SPELLINGS)('refuses https://%s', (host) => {
    for (const url of [`https://${host}/`, `https://${host}:8443/hook`]) {
      expect(refusal(url)).toBe('webhook-url-not-allowed')
    }
  })

  it.each([
    ['http', 'http://hooks.acme.io/'],
    ['file', 'file:///etc/passwd'],
    ['gopher', 'gopher://hooks.acme.io/'],
    ['javascript', 'javascript:alert(1)'],
    ['another port', 'https://hooks.acme.io:8080/'],
    ['user information', 'https://user@hooks.acme.io/'],
    ['a password', 'https://:pw@hooks.acme.io/'],
    ['2,100 characters', `https://hooks.acme.io/${'a'.repeat(2_078)}`],
    ['no host', 'https://'],
    ['no URL', 'hooks.acme.io'],
    ['nothing', ''],
  ])('refuses %s', (_what, url) => {
    expect(refusal(url)).toBe('webhook-url-not-allowed')
  })

  it.each([
    ['https://hooks.acme.io/a?b=c#d', 'https://hooks.acme.io/a?b=c'],
    ['https://HOOKS.acme.io:443/', 'https://hooks.acme.io/'],
    ['https://hooks.acme.io:8443/x', 'https://hooks.acme.io:8443/x'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    ['https://localhost.acme.io/', 'https://localhost.acme.io/'],
    [`https://hooks.acme.io/${'a'.repeat(2_026)}`, `https://hooks.acme.io/${'a'.repeat(2_026)}`],
  ])('allows %s', (url, called) => {
    expect(assertEndpointUrl(url, { allowPrivate: false })).toBe(called)
  })

  it('allows http and private addresses where that is switched on, and no other scheme', () => {
    const rules = { allowPrivate: true }
    expect(assertEndpointUrl('http://127.0.0.1:9000/x', rules)).toBe('http://127.0.0.1:9000/x')
    expect(() => assertEndpointUrl('file:///etc/passwd', rules)).toThrow('webhook-url-not-allowed')
  })
})

describe('sending, past every check of the URL', () => {
  const post = async (url: string): Promise<string> => {
    const sent = await sender.send({ url, headers: {}, body: '{}' }, new AbortController().signal)
    return sent.outcome
  }

  it.each(SPELLINGS)('never connects to %s', async (host) => {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${port}/`
      if (URL.canParse(url)) expect(['blocked', 'unreachable']).toContain(await post(url))
    }
    expect(connections).toBe(0)
  })

  it.each([
    'private.acme.io',
    'private6.acme.io',
    'mapped.acme.io',
    'nat64.acme.io',
    'metadata.acme.io',
    'nothing.acme.io',
    'mixed.acme.io',
    'mixed6.acme.io',
    'alias.acme.io',
  ])(
    'J7 refuses what the name server says of %s, and connects to none of its addresses',
    async (name) => {
      expect(await post(`https://${name}:${port}/`)).toBe('blocked')
      expect(names.asked).toContain(name)
      expect(connections).toBe(0)
    },
  )

  it('judges each answer anew, so that a name that changes its mind gains nothing', async () => {
    for (let nth = 0; nth < 4; nth += 1) {
      expect(await post(`http://rebinding.acme.io:${port}/`)).toBe('blocked')
    }
    expect(connections).toBe(0)
  })

  it('calls a name without an address unreachable', async () => {
    expect(await post('https://nobody.acme.io/')).toBe('unreachable')
    expect(await post('https://unknown.acme.io/')).toBe('unreachable')
  })

  it('has sentinels that would have noticed', async () => {
    const open = createSender({ allowPrivate: true, timeoutMs: 2_000 })
    const hosts = ['127.0.0.1', '[::1]', ...(hasMetadata ? [METADATA] : [])]
    for (const host of hosts) {
      const message = { url: `http://${host}:${port}/`, headers: {}, body: '{}' }
      await open.send(message, new AbortController().signal)
    }
    open.close()
    expect(connections).toBe(hosts.length)
  })
})
