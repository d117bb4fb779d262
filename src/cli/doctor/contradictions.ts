/** Configuration that is valid and yet cannot be meant: pure, from what `loadConfig` has read. */

import type { Finding } from '../../bucket/doctor/finding.ts'
import type { Config } from '../../config.ts'
import type { Profiles } from '../../profiles.ts'
import { isPrivateHost, isWorthGuessing } from './guesses.ts'

type Told = Pick<Config, 'http' | 'bucket' | 'scanners' | 'events' | 'webhooks'>

/** One row for each contradiction, or one that says there is none. */
export function findContradictions(config: Told, profiles: Profiles): Finding[] {
  const found = [
    ...publicAddress(config),
    ...secrets(config),
    ...receivers(config),
    ...scanning(config, profiles),
    ...events(config),
  ]
  return found.length > 0 ? found : [NONE]
}

const NONE: Finding = {
  check: 'configuration',
  outcome: 'holds',
  tried: 'to find settings that contradict each other',
  found: 'none',
  means: 'What is configured can work.',
  mend: null,
}

/** Where slots lead to: clients are rarely where Berth is. */
function publicAddress({ http, bucket }: Told): Finding[] {
  const address = bucket.publicEndpoint ?? bucket.endpoint
  if (address === null) return []
  const { hostname, protocol } = new URL(address)
  const isPublic = http.publicUrl !== null && !isPrivateHost(new URL(http.publicUrl).hostname)
  const pages = [http.publicUrl ?? '', ...http.corsOrigins]
  const row = {
    check: 'public-endpoint',
    tried: 'whether a browser can reach the address in slot URLs',
  }
  if (isPrivateHost(hostname)) {
    return [
      {
        ...row,
        outcome: isPublic ? 'broken' : 'weaker',
        found: `${hostname} is only known inside${isPublic ? `, and clients come from outside to ${http.publicUrl ?? ''}` : ''}`,
        means: 'Clients outside this network cannot upload or download.',
        mend: 'Set S3_PUBLIC_ENDPOINT to a name of the store that clients reach (infra/nginx has a sample).',
      },
    ]
  }
  if (protocol === 'http:' && pages.some((page) => page.startsWith('https:'))) {
    return [
      {
        ...row,
        outcome: 'broken',
        found: `${address} is plain http, and the pages are https`,
        means: 'Browsers refuse to send a file from a secure page to an insecure address.',
        mend: 'Give the store a certificate, and set S3_PUBLIC_ENDPOINT to its https address.',
      },
    ]
  }
  return virtualHost(bucket, hostname)
}

function virtualHost({ forcePathStyle }: Told['bucket'], hostname: string): Finding[] {
  if (forcePathStyle || !/^[\d.]+$|^\[/.test(hostname)) return []
  return [
    {
      check: 'public-endpoint',
      outcome: 'broken',
      tried: 'whether the address in slot URLs can exist',
      found: `BUCKET.${hostname}, as S3_FORCE_PATH_STYLE is off`,
      means: 'No client can upload: an IP address has no subdomains.',
      mend: 'Set S3_FORCE_PATH_STYLE=on.',
    },
  ]
}

function secrets({ http, bucket, scanners }: Told): Finding[] {
  const named: [string, string | null | undefined][] = [
    ['TOKEN_SECRET', http.tokenSecret],
    ['EVENTS_S3_TOKEN', http.eventsToken],
    ['EVENTS_EVENTBRIDGE_KEY', http.eventBridgeKey],
    ['SCANNER_TOKEN', scanners.http?.token],
    ['S3_SIGNER_SECRET_ACCESS_KEY', bucket.signer?.secretAccessKey],
    ['S3_READER_SECRET_ACCESS_KEY', bucket.reader?.secretAccessKey],
    ['S3_KEEPER_SECRET_ACCESS_KEY', bucket.keeper?.secretAccessKey],
  ]
  const weak = named.flatMap(([name, secret]) =>
    secret !== null && secret !== undefined && isWorthGuessing(secret) ? [name] : [],
  )
  if (weak.length === 0) return []
  return [
    {
      check: 'secrets',
      outcome: 'broken',
      tried: 'whether a secret is a usual one, or easily guessed',
      found: weak.join(', '),
      means: 'A stranger who guesses it can do whatever Berth can, for any tenant.',
      mend: 'Make new ones (openssl rand -base64 32), and change them where they are used.',
    },
  ]
}

function receivers({ http, webhooks }: Told): Finding[] {
  const isPublic = http.publicUrl !== null && !isPrivateHost(new URL(http.publicUrl).hostname)
  if (!webhooks.allowPrivate || !isPublic) return []
  return [
    {
      check: 'webhook-private',
      outcome: 'weaker',
      tried: 'whether webhooks may go to addresses of this network',
      found: `WEBHOOK_ALLOW_PRIVATE is on, and clients come from outside to ${http.publicUrl ?? ''}`,
      means: 'Whoever has a key with the scope admin can make Berth POST to servers behind it.',
      mend: 'Set WEBHOOK_ALLOW_PRIVATE=off, unless every holder of such a key may reach this network anyway.',
    },
  ]
}

function scanning({ scanners }: Told, profiles: Profiles): Finding[] {
  const scanned = [...profiles.values()].filter(({ scan }) => scan === 'required')
  if (scanned.length === 0 || scanners.clamd || scanners.http) return []
  return [
    {
      check: 'scanner',
      outcome: 'broken',
      tried: 'whether there is a scanner for the profiles that ask for one',
      found: `none, and ${scanned.map(({ name }) => name).join(', ')} asks`,
      means: 'berth serve does not start.',
      mend: 'Set CLAMD_ADDRESS or SCANNER_URL, or scan: off in the profile.',
    },
  ]
}

function events({ http, events: { accept, sns, sqs } }: Told): Finding[] {
  const isExpected =
    http.eventsToken !== null ||
    http.eventBridgeKey !== null ||
    sqs !== null ||
    sns.topicArns.length > 0
  if (accept || !isExpected) return []
  return [
    {
      check: 'events-off',
      outcome: 'weaker',
      tried: 'whether configured events are taken',
      found: 'ACCEPT_EVENTS is off',
      means: 'Events are answered 503, and uploads become ready some 15 s late.',
      mend: 'Set ACCEPT_EVENTS=on.',
    },
  ]
}
