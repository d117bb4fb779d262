/** Axes: round numbers upwards, and moments that do not crowd each other. */

const STEPS = [1, 2, 5]

/** From 0 to the first round number that is not below `most`, in about four steps of whole numbers. */
export function ticksUpTo(most: number): number[] {
  const rough = Math.max(1, most / 4)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = STEPS.map((factor) => factor * power).find((each) => each >= rough) ?? power * 10
  const count = Math.max(1, Math.ceil(most / step))
  return Array.from({ length: count + 1 }, (_, nth) => nth * step)
}

const HOURS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DAYS = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Steps of a day are days in UTC, and so are their names. */
const UTC_DAYS = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

const DAY_SECONDS = 86_400

export function momentOf(at: string, stepSeconds: number): string {
  const moment = new Date(at)
  if (stepSeconds >= DAY_SECONDS) return UTC_DAYS.format(moment)
  if (stepSeconds > 3_600) return `${DAYS.format(moment)}, ${HOURS.format(moment)}`
  return HOURS.format(moment)
}

/** Every how many points a moment is written, when one takes so much room. */
export const everyNth = (points: number, width: number, roomForOne: number): number =>
  Math.max(1, Math.ceil(points / Math.max(1, Math.floor(width / roomForOne))))
