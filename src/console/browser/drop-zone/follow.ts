/** An upload's way through its states, until the last one. */

import { Refused, type Api } from '../shared/call.ts'
import { isFinal, type Step } from '../shared/records.ts'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000

/** @param changed told all steps so far, as often as it is asked. */
export async function follow(
  api: Api,
  id: string,
  changed: (steps: Step[]) => void,
  signal: AbortSignal,
): Promise<void> {
  // A hint and no more: without it Berth finds the object by the store's event, or by looking.
  await api.post(`v1/uploads/${id}/complete`, undefined, signal).catch(ignoreRefusal)
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const { history } = await api.get<{ history: Step[] }>(`v1/uploads/${id}/history`, signal)
    changed(history)
    const last = history.at(-1)
    if (last && isFinal(last.state)) return
    await after(pause, signal)
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Refused)) throw error
}

const after = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(new DOMException('stopped', 'AbortError'))
      },
      { once: true },
    )
  })
