/** A reader of server-sent events, as small as the format allows. */

export type Told = { id: string; event: string; data: Record<string, unknown> }

export type Reader = {
  status: number
  told: Told[]
  /** Comments, by which a server shows that it lives. */
  beats: () => number
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>
  leave: () => void
}

type Ask = { url: string; key: string; id: string; lastEventId?: string }

export async function readEvents({ url, key, id, lastEventId }: Ask): Promise<Reader> {
  const leaving = new AbortController()
  const answer = await fetch(`${url}/v1/uploads/${id}/events`, {
    signal: leaving.signal,
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  })
  const told: Told[] = []
  let beats = 0
  const take = (block: string): void => {
    if (block.startsWith(':')) beats += 1
    else if (block.startsWith('id:')) told.push(toEvent(block))
  }
  const read = async (): Promise<void> => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) {
      const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
      rest = blocks.pop() ?? ''
      blocks.forEach(take)
    }
  }
  const ended = read().catch(() => undefined)
  return { status: answer.status, told, beats: () => beats, ended, leave: () => leaving.abort() }
}

function toEvent(block: string): Told {
  const lines = block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))
  const { id = '', event = '', data = 'null' } = Object.fromEntries(lines) as Record<string, string>
  return { id, event, data: JSON.parse(data) as Told['data'] }
}
