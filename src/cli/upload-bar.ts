/** One row of a terminal: how far a file is, how fast, and how long it will take. */

import type { Progress } from '../client/index.ts'

export type Shown = {
  path: string
  progress: Progress
  /** Milliseconds: when this stage began. */
  since: number
  /** Bytes that were there when it began; what is resumed costs no time. */
  from: number
}

/** The row after this news. */
export const withNews = (shown: Shown, progress: Progress, now: number): Shown =>
  shown.progress.stage === progress.stage
    ? { ...shown, progress }
    : { ...shown, progress, since: now, from: progress.sent }

const WORDS: Record<Progress['stage'], string> = {
  hashing: 'reading',
  sending: '',
  offline: 'offline, waiting',
  verifying: 'verifying',
}

const BAR = 20
const NAME = 28

/** @param columns of the terminal; the row is never longer, as a broken row cannot be drawn over. */
export function barOf(shown: Shown, now: number, columns: number): string {
  const { sent, total, stage } = shown.progress
  const part = total === 0 ? 1 : Math.min(1, sent / total)
  const full = Math.round(part * BAR)
  const bar = '█'.repeat(full) + '░'.repeat(BAR - full)
  const percent = `${Math.floor(part * 100)}%`.padStart(4)
  const row = `${short(shown.path)} ${bar} ${percent} ${WORDS[stage] || speedOf(shown, now)}`
  return row.slice(0, Math.max(0, columns - 1))
}

const short = (path: string): string =>
  (path.length > NAME ? `…${path.slice(1 - NAME)}` : path).padEnd(NAME)

function speedOf({ progress, since, from }: Shown, now: number): string {
  const seconds = (now - since) / 1000
  const rate = (progress.sent - from) / seconds
  if (seconds < 1 || rate <= 0) return ''
  return `${bytes(rate)}/s ${clock((progress.total - progress.sent) / rate)}`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10))
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power] ?? ''}`
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `m:ss`, or `h:mm:ss`. */
function clock(secondsLeft: number): string {
  const whole = Math.ceil(secondsLeft)
  const [hours, minutes, seconds] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}
