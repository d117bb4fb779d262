/** The history: a line before every call and one after it, so that a call cut short is seen too. */

import type { Call, Op, Outcome, Sent } from '../check/run.ts'
import { openLines } from '../lines.ts'

export type About = Pick<Call, 'item' | 'tenant' | 'upload'> & { op: Op }

export type Answered = { outcome: Outcome; status: number | null; answer: unknown }

export type History = {
  /** Runs `act` between its two lines. `act` is given the call's number; what it throws is unknown. */
  record: (
    about: About,
    sentBy: (call: number) => Sent,
    act: (call: number) => Promise<Answered>,
  ) => Promise<Answered>
  close: () => void
}

export function openHistory(path: string): History {
  const lines = openLines(path)
  let last = 0
  return {
    close: lines.close,
    record: async (about, sentBy, act) => {
      last += 1
      const call = last
      lines.write({ type: 'invoke', call, at: Date.now(), ...about, sent: sentBy(call) })
      const answered = await act(call).catch(lost)
      const { outcome, status, answer } = answered
      lines.write({ type: outcome, call, at: Date.now(), status, answer: unsigned(answer) })
      return answered
    },
  }
}

/** The file is kept, so no signature belongs into it. */
const unsigned = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer ?? null).replace(/X-Amz-Signature=[0-9a-f]+/g, 'X-Amz-Signature=removed'),
  )

const lost = (error: unknown): Answered => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const lostBy = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return { outcome: 'unknown', status: null, answer: { lostBy } }
}
