/** An upload's way through its states, while the SDK waits for the last one. */

import { isFinal, type Step } from '../shared/records.ts'
import { stepsOf, type Berth } from './berth.ts'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000

/** @param changed told all steps so far, as often as it is asked. */
export async function follow(
  berth: Berth,
  id: string,
  changed: (steps: Step[]) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    // To be seen and no more: what cannot be asked now is asked again.
    const steps = await stepsOf(berth, id, signal).catch(() => null)
    if (signal.aborted) return
    if (steps) changed(steps)
    const last = steps?.at(-1)
    if (last && isFinal(last.state)) return
    await after(pause, signal)
  }
}

/** At once when the signal aborts. */
const after = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
