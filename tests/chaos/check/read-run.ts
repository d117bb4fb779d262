/** A folder of a run -> Run. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Call, Fault, Outcome, Run, Settings } from './run.ts'

export function readRun(folder: string): Run {
  const lines = <T>(name: string): T[] => readLines<T>(join(folder, `${name}.ndjson`))
  return {
    settings: JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')) as Settings,
    calls: toCalls(lines<HistoryLine>('history')),
    uploads: lines('uploads'),
    transitions: lines('transitions'),
    claims: lines('claims'),
    inbox: lines('inbox'),
    events: lines('webhook-events'),
    deliveries: lines('deliveries'),
    received: lines('received'),
    faults: toFaults(lines<FaultLine>('faults')),
    snapshots: lines('snapshots'),
    openAtHeal: lines('open-at-heal'),
    objects: lines('objects'),
    logs: readLogs(join(folder, 'logs')),
  }
}

type Invoke = Pick<Call, 'call' | 'op' | 'item' | 'tenant' | 'upload' | 'sent'>

type HistoryLine =
  | (Invoke & { type: 'invoke'; at: number })
  | { type: Outcome; at: number; call: number; status: number | null; answer: unknown }

/** A call without a second line was never answered: unknown, like every other lost answer. */
function toCalls(lines: HistoryLine[]): Call[] {
  const calls = new Map<number, Call>()
  for (const line of lines) {
    if (line.type === 'invoke') {
      const { call, op, item, tenant, upload, sent, at } = line
      calls.set(call, { call, op, item, tenant, upload, sent, ...UNANSWERED, began: at })
      continue
    }
    const { type, at, call, status, answer } = line
    const begun = calls.get(call)
    if (!begun) throw new Error(`history: call ${call} ends without having begun`)
    calls.set(call, { ...begun, outcome: type, ended: at, status, answer })
  }
  return [...calls.values()]
}

const UNANSWERED = { outcome: 'unknown', ended: null, status: null, answer: null } as const

type FaultLine = { at: number; event: 'begins' | 'over'; planned: number } & Omit<
  Fault,
  'began' | 'ended'
>

/** A fault without its second line is not over. */
function toFaults(lines: FaultLine[]): Fault[] {
  const faults = new Map<string, Fault>()
  for (const { at, event, planned, ...fault } of lines) {
    const name = `${fault.kind} ${planned}`
    const begun = faults.get(name)
    if (event === 'begins') faults.set(name, { ...fault, began: at, ended: Infinity })
    else if (begun) begun.ended = at
  }
  return [...faults.values()]
}

function readLines<T>(path: string): T[] {
  const text = readFileSync(path, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

function readLogs(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith('node'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
}
