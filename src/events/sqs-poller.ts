/** Events from an SQS queue: long polling; a message is deleted only once it is in the inbox. */

import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs'

export type SqsConfig = { queueUrl: string; endpoint: string | null; region: string }

export type SqsPollerDeps = {
  /** Durable when it resolves. */
  receive: (body: string) => Promise<void>
  warn: (event: string, facts: Record<string, unknown>) => void
}

export type SqsPoller = { stop: () => Promise<void> }

const WAIT_SECONDS = 20
const VISIBILITY_SECONDS = 30
const EXTEND_EVERY_MS = 10_000
const LONGEST_PAUSE_MS = 30_000

type Queue = { client: SQSClient; url: string }

export function startSqsPoller(config: SqsConfig, deps: SqsPollerDeps): SqsPoller {
  const { endpoint, region, queueUrl } = config
  const client = new SQSClient({ region, ...(endpoint !== null && { endpoint }) })
  const queue = { client, url: queueUrl }
  const stopping = new AbortController()
  const polling = poll(queue, deps, stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await polling
      client.destroy()
    },
  }
}

async function poll(queue: Queue, deps: SqsPollerDeps, signal: AbortSignal): Promise<void> {
  const isStopped = (): boolean => signal.aborted
  let failures = 0
  while (!isStopped()) {
    try {
      const messages = await receive(queue, signal)
      await Promise.all(messages.map((message) => settle(queue, message, deps)))
      failures = 0
    } catch (error) {
      if (isStopped()) return
      failures += 1
      deps.warn('sqs.poll-failed', { error: String(error), failures })
      await pause(Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (failures - 1)), signal)
    }
  }
}

async function receive({ client, url }: Queue, signal: AbortSignal): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: WAIT_SECONDS,
    VisibilityTimeout: VISIBILITY_SECONDS,
  })
  const { Messages = [] } = await client.send(command, { abortSignal: signal })
  return Messages
}

/** Poison goes into the inbox like anything else, so it never comes back from the queue. */
async function settle({ client, url }: Queue, message: Message, deps: SqsPollerDeps) {
  const handle = { QueueUrl: url, ReceiptHandle: message.ReceiptHandle }
  const extend = setInterval(() => {
    const more = { ...handle, VisibilityTimeout: VISIBILITY_SECONDS }
    client.send(new ChangeMessageVisibilityCommand(more)).catch((error: unknown) => {
      deps.warn('sqs.extend-failed', { error: String(error) })
    })
  }, EXTEND_EVERY_MS)
  try {
    await deps.receive(message.Body ?? '')
  } finally {
    clearInterval(extend)
  }
  await client.send(new DeleteMessageCommand(handle))
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
