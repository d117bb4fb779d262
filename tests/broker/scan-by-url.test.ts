import { afterEach, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { createHttpScanner, type ScanJob } from '../../src/inspect/scan/http-scanner.ts'
import { findById } from '../../src/store/uploads.ts'
import { freePort } from '../support/processes.ts'
import { requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, download, put, type World } from '../support/world.ts'

let world: World
let service: Server | null = null
afterEach(async () => {
  service?.close()
  service?.closeAllConnections()
  await world.close()
})

type Reply = (job: ScanJob) => Promise<{ status?: number; body: unknown }>

/** An upload through a scanning service that answers like this. */
async function scannedBy(reply: Reply, profile: object = {}) {
  const port = await freePort()
  const asked: { authorization: string | undefined; job: ScanJob }[] = []
  service = createServer((req, res) => {
    void req.toArray().then(async (chunks) => {
      const job = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as ScanJob
      asked.push({ authorization: req.headers.authorization, job })
      const { status = 200, body } = await reply(job)
      res.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => service?.listen(port, '127.0.0.1', resolve))
  world = await createWorld({
    profiles: { default: { scan: 'required', ...profile } },
    scanByUrl: createHttpScanner({
      url: `http://127.0.0.1:${port}/scan`,
      token: 'scanner-token',
      timeoutMs: 500,
    }),
  })
  const bytes = someBytes(1_000)
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  await put(slot, bytes)
  await world.broker.completeUpload('t', upload.id)
  await world.work()
  return { upload: await findById(world.store, upload.id), asked, bytes }
}

const echo = ({ uploadId, fence, nonce }: ScanJob) => ({ uploadId, fence, nonce })

describe('a scanner behind HTTP', () => {
  it('fetches the very bytes by the URL it is given, and its clean makes the upload ready', async () => {
    let fetched = ''
    const { upload, asked, bytes } = await scannedBy(async (job) => {
      fetched = sha256Of((await download(job.url)).bytes)
      return { body: { ...echo(job), verdict: 'clean' } }
    })
    expect(upload).toMatchObject({ state: 'ready', object: { scan: 'clean' } })
    expect(fetched).toBe(sha256Of(bytes))
    expect(asked).toMatchObject([
      { authorization: 'Bearer scanner-token', job: { size: 1_000, sha256: fetched } },
    ])
  })

  it.each([
    ['infected', {}, { state: 'rejected', rejection: { reason: 'infected', observed: 'why' } }],
    ['unscannable', {}, { state: 'rejected', rejection: { reason: 'unscannable' } }],
    ['unscannable', { unscannable: 'accept' }, { state: 'ready', object: { scan: 'off' } }],
  ])(
    'is believed when it says %s, by the rules of profile %j',
    async (verdict, profile, expected) => {
      const { upload } = await scannedBy(
        (job) => Promise.resolve({ body: { ...echo(job), verdict, reason: 'why' } }),
        profile,
      )
      expect(upload).toMatchObject(expected)
    },
  )

  it.each<[string, Reply]>([
    [
      'says clean of another upload',
      (job) => reply({ ...echo(job), uploadId: 'upl_x', verdict: 'clean' }),
    ],
    [
      'says clean of an older attempt',
      (job) => reply({ ...echo(job), fence: 0, verdict: 'clean' }),
    ],
    [
      'says clean with another nonce',
      (job) => reply({ ...echo(job), nonce: 'x', verdict: 'clean' }),
    ],
    ['says something else', (job) => reply({ ...echo(job), verdict: 'CLEAN' })],
    ['says nothing', () => reply(null)],
    [
      'talks without end',
      (job) => reply({ ...echo(job), verdict: 'clean', pad: 'x'.repeat(5_000) }),
    ],
    [
      'answers 500',
      (job) => Promise.resolve({ status: 500, body: { ...echo(job), verdict: 'clean' } }),
    ],
    [
      'redirects',
      (job) => Promise.resolve({ status: 302, body: { ...echo(job), verdict: 'clean' } }),
    ],
    ['never answers', () => new Promise(() => undefined)],
  ])('gives no verdict when it %s: the upload waits', async (_what, answer) => {
    const { upload } = await scannedBy(answer)
    expect(upload).toMatchObject({ state: 'received', object: null, rejection: null })
  })
})

function reply(body: unknown) {
  return Promise.resolve({ body })
}

describe('a profile that scans without any scanner', () => {
  it('lets nothing through, and waits for one', async () => {
    world = await createWorld({ profiles: { default: { scan: 'required' } } })
    const bytes = someBytes(10)
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    await put(slot, bytes)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('received')
  })
})
