/** Finds a thing of a kind in a recorded run; a run that has none is no good for the purpose. */

import type { Call, Run, UploadRow } from './check/run.ts'

export type Shown = {
  id: string
  state: string
  version: number
  slot: { url: string } | null
  object: { key: string | null; sha256: string } | null
}

export function only<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('the recorded run has nothing of that kind')
  return found
}

export const rowIn = (run: Run, state: string): UploadRow =>
  only(run.uploads.find((row) => row.state === state))

export const stepsOf = (run: Run, { id }: UploadRow) =>
  run.transitions.filter(({ upload_id }) => upload_id === id)

export const stepOf = (run: Run, row: UploadRow, state: string) =>
  only(stepsOf(run, row).find((step) => step.state === state))

export const objectOf = (run: Run, row: UploadRow) =>
  only(run.objects.find(({ key }) => key === row.sealed_key))

export const callWith = (run: Run, wanted: (call: Call) => boolean): Call =>
  only(run.calls.find(wanted))

export const shownIn = ({ answer }: Call): Shown => answer as Shown

export const firstSlot = (run: Run): Shown =>
  shownIn(callWith(run, ({ op, outcome }) => op === 'issue' && outcome === 'ok'))

export const told = (state: string) => (call: Call) =>
  call.op === 'get' && call.outcome === 'ok' && shownIn(call).state === state

export const putOf =
  (by: 'client' | 'insider', status: number) =>
  ({ sent: { put }, status: found }: Call): boolean =>
    put?.by === by && found === status

export const remove = <T>(list: T[], isDoomed: (item: T) => boolean): void => {
  list.splice(0, list.length, ...list.filter((item) => !isDoomed(item)))
}

export const change = (row: UploadRow, fields: object): void => {
  row.object = JSON.stringify({ ...(JSON.parse(row.object ?? '{}') as object), ...fields })
}
