import { describe, expect, it } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../src/config-error.ts'
import { ENVIRONMENT, loadConfig } from '../src/config.ts'
import { loadProfiles, parseProfiles } from '../src/profiles.ts'

const RECEIPT_PRIVATE_KEY = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const REQUIRED = { S3_BUCKET: 'uploads', TOKEN_SECRET: 'x'.repeat(32), RECEIPT_PRIVATE_KEY }

const mistakesIn = (run: () => unknown): readonly string[] => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

describe('loadConfig', () => {
  it('needs a bucket and a secret, and fills in the rest', () => {
    const config = loadConfig(REQUIRED)
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080, issueSlots: true })
    expect(config.limits).toMatchObject({ landGraceSeconds: 900, landMarginSeconds: 120 })
    expect(config.jobs.run).toBe(true)
  })

  it('lists every mistake at once, by name', () => {
    const wrong = {
      PORT: 'eighty',
      S3_ENDPOINT: 'not a url',
      LEASE_SECONDS: '0',
      ISSUE_SLOTS: 'yes',
      S3_KEEPER_ACCESS_KEY_ID: 'half',
      ROLES: 'api,chef',
    }
    const named = mistakesIn(() => loadConfig(wrong)).map((line) => line.split(':')[0])
    expect(named.sort()).toEqual(
      [
        'ISSUE_SLOTS',
        'LEASE_SECONDS',
        'PORT',
        'RECEIPT_PRIVATE_KEY',
        'ROLES',
        'S3_BUCKET',
        'S3_ENDPOINT',
        'S3_KEEPER_SECRET_ACCESS_KEY',
        'TOKEN_SECRET',
      ].sort(),
    )
  })

  it('takes an empty value for an absent one', () => {
    expect(loadConfig({ ...REQUIRED, S3_ENDPOINT: '', PORT: '' }).http.port).toBe(8080)
  })

  it('runs no jobs without the worker role, or when they are switched off', () => {
    expect(loadConfig({ ...REQUIRED, ROLES: 'api' }).jobs.run).toBe(false)
    expect(loadConfig({ ...REQUIRED, RUN_JOBS: 'off' }).jobs.run).toBe(false)
  })
})

describe('JWT_CLAIMS', () => {
  const provider = { JWT_JWKS: 'file:/keys.json', JWT_ISSUER: 'https://id', JWT_AUDIENCE: 'a' }
  const identityOf = (env: NodeJS.ProcessEnv) => loadConfig({ ...REQUIRED, ...env }).identity

  it('says where each field comes from: a claim, a fixed value, or the claim of its own name', () => {
    const JWT_CLAIMS = 'tenant:=acme,profile=https://acme.example/profile,maxBytes:=1000'
    expect(identityOf({ ...provider, JWT_CLAIMS })?.claims).toEqual({
      tenant: { value: 'acme' },
      profile: { claim: 'https://acme.example/profile' },
      subject: { claim: 'sub' },
      maxUploads: { claim: 'maxUploads' },
      maxBytes: { value: '1000' },
    })
  })

  it('needs the issuer and the audience, and is nothing without a key set', () => {
    expect(identityOf({})).toBeNull()
    expect(mistakesIn(() => identityOf({ JWT_JWKS: provider.JWT_JWKS }))).toEqual([
      'JWT_ISSUER: missing, while JWT_JWKS is set',
      'JWT_AUDIENCE: missing, while JWT_JWKS is set',
    ])
  })

  it.each(['http://id.example/keys', 'ftp://id.example/keys', 'keys.json'])(
    'takes no key set from %s',
    (JWT_JWKS) => {
      expect(mistakesIn(() => identityOf({ ...provider, JWT_JWKS }))).toHaveLength(1)
    },
  )

  it.each(['tenant', 'color=x', 'tenant=', 'tenant=a;profile=b,x'])('refuses %s', (JWT_CLAIMS) => {
    expect(mistakesIn(() => identityOf({ ...provider, JWT_CLAIMS }))).toHaveLength(1)
  })
})

describe('.env.example', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n')
  const assigned = lines.flatMap((line) => {
    const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, value: value ?? '' }]
  })

  it('names every variable, and no other', () => {
    expect(assigned.map(({ name }) => name).sort()).toEqual(Object.keys(ENVIRONMENT).sort())
  })

  it('holds the defaults, and nothing where there is none', () => {
    for (const { name, value } of assigned) {
      const parsed = ENVIRONMENT[name as keyof typeof ENVIRONMENT].safeParse(undefined)
      const standard = parsed.success && parsed.data !== undefined ? String(parsed.data) : ''
      expect([name, value]).toEqual([name, standard])
    }
  })

  it('says of each, in the line before, what it is', () => {
    lines.forEach((line, index) => {
      if (/^[A-Z0-9_]+=/.test(line)) expect(lines[index - 1]).toMatch(/^# .{10,}|^[A-Z0-9_]+=/)
    })
  })
})

describe('profiles', () => {
  it('has one built in', () => {
    expect(loadProfiles(null).get('default')).toMatchObject({
      contentTypes: ['*/*'],
      maxSize: 104_857_600,
      slotTtlSeconds: 900,
      openSlots: 10_000,
      reservedBytes: 1024 ** 4,
    })
  })

  it('reads sizes and durations with units', () => {
    const profiles = parseProfiles(
      {
        profiles: {
          a: {
            maxSize: '2GiB',
            minSize: '1KiB',
            slotTtl: '2h',
            prefix: 'team/a/',
            retention: '30d',
          },
        },
      },
      'test',
    )
    expect(profiles.get('a')).toMatchObject({
      maxSize: 2 * 1024 ** 3,
      minSize: 1024,
      slotTtlSeconds: 7200,
      prefix: 'team/a/',
      retentionSeconds: 2_592_000,
    })
  })

  it('gives different profiles different hashes, and equal ones the same', () => {
    const hashOf = (fields: object) =>
      parseProfiles({ profiles: { a: fields } }, 'test').get('a')?.hash
    expect(hashOf({})).toBe(hashOf({ maxSize: '100MiB' }))
    expect(hashOf({})).not.toBe(hashOf({ maxSize: '101MiB' }))
  })

  it('lists every mistake of every profile', () => {
    const json = {
      profiles: {
        a: { maxSize: '1MB', contentTypes: ['IMAGE/*'], nope: 1 },
        b: { minSize: 10, maxSize: 5, prefix: '../up', scan: 'maybe', retention: '1 day' },
      },
    }
    const mistakes = mistakesIn(() => parseProfiles(json, 'p.json')).join('\n')
    for (const pointer of [
      '/profiles/a/maxSize',
      '/profiles/a/contentTypes/0',
      '/profiles/a: ',
      '/profiles/b/prefix',
      '/profiles/b/scan',
      '/profiles/b/retention',
    ]) {
      expect(mistakes).toContain(`p.json: ${pointer}`)
    }
  })

  it('refuses a file that is missing, is not JSON, or names no profile', () => {
    expect(mistakesIn(() => loadProfiles('no-such-file.json'))).toHaveLength(1)
    expect(mistakesIn(() => loadProfiles('README.md'))).toHaveLength(1)
    expect(mistakesIn(() => parseProfiles({ profiles: {} }, 'p'))).toHaveLength(1)
  })
})
