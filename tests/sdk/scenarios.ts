/** What the SDK promises, said once for all platforms: nothing here is of Node, and nothing of a page. */

import {
  createUploader,
  UploadError,
  type Memory,
  type Progress,
  type Upload,
  type Uploader,
  type UploaderOptions,
} from '../../src/client/index.ts'
import { createBackend, InvalidWebhook, verifyWebhook } from '../../src/client/server.ts'

/** What the next PUTs meet on their way; `expire`: the time of every URL is over when it arrives. */
export type Mishap = 'drop' | 'mute' | 'hold' | 'expire'

export type Stand = {
  /** Counts PUTs anew, and lets the nth of them meet with a mishap. */
  arm: (told: { nth: number; mishap: Mishap } | null) => Promise<null>
  /** PUTs that have reached the object store's address since. */
  puts: (told: null) => Promise<number>
  /** The state of an upload, and how much of it lies unfinished in the store after a sweep. */
  left: (told: { id: string }) => Promise<{ state: string; unfinished: number }>
  /** A webhook as Berth signs it. */
  webhook: (
    told: null,
  ) => Promise<{ body: string; headers: Record<string, string>; secret: string }>
}

/** What the platform offers. */
export type Scene = {
  baseUrl: string
  key: string
  stand: Stand
  /** What `resume` gets: the page's own storage, or what stands for it. */
  memory: true | Memory
  /** No network for so long; resolves at once. */
  offlineFor: (ms: number) => Promise<void>
}

type Act = (scene: Scene) => Promise<void>

/** Between two acts the page is loaded anew, or the process is another one. */
export type Scenario = { name: string; acts: Act[] }

const MIB = 1024 ** 2
const OFFLINE_MS = 400
const POLL_MS = 50

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  // 0x80 and more: no known type of file begins so.
  for (let at = 0; at < size; at += 1) bytes[at] = 0x80 | ((at * 31 + (at >> 9)) & 0x7f)
  return bytes
}

const SMALL = bytesOf(20_000)
/** Three parts: 8 MiB, 8 MiB and 17 bytes. */
const LARGE = bytesOf(16 * MIB + 17)

const aFile = (bytes: Uint8Array<ArrayBuffer>, name: string): File =>
  new File([bytes], name, { type: 'application/octet-stream', lastModified: 1_700_000_000_000 })

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...digest))
}

const uploaderOf = ({ baseUrl, key }: Scene, change: Partial<UploaderOptions> = {}): Uploader =>
  createUploader({ baseUrl, token: key, pauseMs: 5, ...change })

function expectEqual(actual: unknown, expected: unknown): void {
  const [is, ought] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== ought) throw new Error(`expected ${ought}, got ${is}`)
}

const expectWhole = async (upload: Upload, bytes: Uint8Array<ArrayBuffer>): Promise<void> =>
  expectEqual(
    [upload.state, upload.object?.size, upload.object?.sha256],
    ['ready', bytes.length, await sha256Of(bytes)],
  )

async function failureOf(work: Promise<unknown>): Promise<UploadError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof UploadError) return error
  throw new Error(`expected an UploadError, got ${String(error)}`)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}

/** Sends a file while the nth PUT meets with a mishap. @returns how many PUTs it took. */
async function sendWith(
  scene: Scene,
  mishap: { nth: number; mishap: Mishap } | null,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<number> {
  await scene.stand.arm(mishap)
  await expectWhole(await uploaderOf(scene).upload(aFile(bytes, 'mishap')), bytes)
  return scene.stand.puts(null)
}

/** A token like a page's: minted anew whenever one is needed, for the same end user. */
const tokenFor = ({ baseUrl, key }: Scene) => {
  const backend = createBackend({ baseUrl, apiKey: key })
  return async () => (await backend.createToken({ subject: 'user-17', maxUploads: 9 })).token
}

const WHOLE: Scenario[] = [
  {
    name: 'a file is one PUT, and ready with just these bytes',
    acts: [async (scene) => expectEqual(await sendWith(scene, null, SMALL), 1)],
  },
  {
    name: 'the lost answer of a PUT is a question to Berth, and no failure',
    acts: [(scene) => sendWith(scene, { nth: 1, mishap: 'mute' }, SMALL).then(() => undefined)],
  },
  {
    name: 'a connection that breaks costs another PUT',
    acts: [
      async (scene) => expectEqual(await sendWith(scene, { nth: 1, mishap: 'drop' }, SMALL), 2),
    ],
  },
  {
    name: 'a slot that expires in the middle is renewed',
    acts: [
      async (scene) => expectEqual(await sendWith(scene, { nth: 1, mishap: 'expire' }, SMALL), 2),
    ],
  },
  {
    name: 'the SHA-256 is declared when asked for, and the receipt of it holds',
    acts: [
      async (scene) => {
        const uploader = uploaderOf(scene)
        const { id, sha256 } = await uploader.upload(aFile(SMALL, 'hashed'), { sha256: true })
        expectEqual(sha256, await sha256Of(SMALL))
        expectEqual((await uploader.receipt(id)).sha256, sha256)
      },
    ],
  },
  {
    name: 'a refusal carries the problem, and words for a user',
    acts: [
      async (scene) => {
        const page = new File([SMALL], 'page.html', { type: 'text/html' })
        const { code, problem, message } = await failureOf(uploaderOf(scene).upload(page))
        expectEqual([code, problem?.status], ['refused', 422])
        if (!message.startsWith('The content type is not allowed')) throw new Error(message)
      },
    ],
  },
]

const IN_PARTS: Scenario[] = [
  {
    name: 'a large file goes in parts, and its progress only grows',
    acts: [
      async (scene) => {
        await scene.stand.arm(null)
        const told: number[] = []
        const onProgress = ({ stage, sent }: Progress): void => {
          if (stage === 'sending') told.push(sent)
        }
        await expectWhole(await uploaderOf(scene).upload(aFile(LARGE, 'l'), { onProgress }), LARGE)
        expectEqual(await scene.stand.puts(null), 3)
        expectEqual(told.at(-1), LARGE.length)
        const sorted = [...told].sort((a, b) => a - b)
        expectEqual(told, sorted)
      },
    ],
  },
  ...(['drop', 'mute', 'expire'] as const).map((mishap) => ({
    name: `a part that meets with "${mishap}" is sent again`,
    acts: [
      async (scene: Scene) => {
        const puts = await sendWith(scene, { nth: 2, mishap }, LARGE)
        // Where the time of all URLs is over, others are late, too.
        if (mishap === 'expire' ? puts < 4 : puts !== 4) throw new Error(`${puts} PUTs`)
      },
    ],
  })),
  {
    name: 'a page that is loaded anew goes on, with a fresh token for the same user',
    acts: [
      async (scene) => {
        await scene.stand.arm({ nth: 2, mishap: 'hold' })
        const [token, resume] = [tokenFor(scene), scene.memory]
        const uploader = uploaderOf(scene, { token, resume, parallel: 1 })
        void uploader.upload(aFile(LARGE, 'left')).catch(() => undefined)
        await until(async () => (await scene.stand.puts(null)) === 2)
      },
      async (scene) => {
        await scene.stand.arm(null)
        const [token, resume] = [tokenFor(scene), scene.memory]
        const told: number[] = []
        const upload = await uploaderOf(scene, { token, resume }).upload(aFile(LARGE, 'left'), {
          onProgress: ({ stage, sent }) => {
            if (stage === 'sending') told.push(sent)
          },
        })
        await expectWhole(upload, LARGE)
        expectEqual(await scene.stand.puts(null), 2)
        expectEqual((told[0] ?? 0) >= 8 * MIB, true)
      },
    ],
  },
  {
    name: 'an abort withdraws the upload, and leaves nothing in the store',
    acts: [
      async (scene) => {
        await scene.stand.arm({ nth: 2, mishap: 'hold' })
        const abort = new AbortController()
        let id = ''
        const uploading = uploaderOf(scene, { parallel: 1 })
          .upload(aFile(LARGE, 'aborted'), {
            signal: abort.signal,
            onProgress: (progress) => void (id = progress.id ?? id),
          })
          .catch((error: unknown) => (error as Error).message)
        await until(async () => (await scene.stand.puts(null)) === 2)
        abort.abort(new Error('enough'))
        expectEqual(await uploading, 'enough')
        await until(async () => {
          const { state, unfinished } = await scene.stand.left({ id })
          return state === 'canceled' && unfinished === 0
        })
      },
    ],
  },
  {
    name: 'without a network it waits, says so, and goes on by itself',
    acts: [
      async (scene) => {
        await scene.stand.arm({ nth: 2, mishap: 'hold' })
        const stages = new Set<string>()
        const uploader = uploaderOf(scene, { tries: 1, parallel: 1 })
        const uploading = uploader.upload(aFile(LARGE, 'offline'), {
          onProgress: ({ stage }) => void stages.add(stage),
        })
        await until(async () => (await scene.stand.puts(null)) === 2)
        await scene.offlineFor(OFFLINE_MS)
        await expectWhole(await uploading, LARGE)
        expectEqual(stages.has('offline'), true)
      },
    ],
  },
]

const BACKEND: Scenario[] = [
  {
    name: 'a webhook of Berth is verified, and a changed one is not',
    acts: [
      async (scene) => {
        const { body, headers, secret } = await scene.stand.webhook(null)
        const event = await verifyWebhook({ body, headers }, secret)
        expectEqual(event.id, headers['webhook-id'])
        const changed = { body: body.replace('upload.ready', 'upload.failed'), headers }
        const verdict = await verifyWebhook(changed, secret).catch((error: unknown) => error)
        expectEqual(verdict instanceof InvalidWebhook, true)
      },
    ],
  },
]

export const SCENARIOS: readonly Scenario[] = [...WHOLE, ...IN_PARTS, ...BACKEND]

/** Plays one act on this platform. */
export async function play(name: string, act: number, scene: Scene): Promise<void> {
  const found = SCENARIOS.find((scenario) => scenario.name === name)?.acts[act]
  if (!found) throw new Error(`no act ${act} of ${name}`)
  await found(scene)
}
