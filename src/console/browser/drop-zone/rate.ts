/** How fast bytes leave, over the last few seconds. */

const WINDOW_MS = 4_000

/** @returns tells bytes per second for so many sent in all; null until that can be told. */
export function createRate(now: () => number = () => performance.now()) {
  let marks: { at: number; sent: number }[] = []
  return (sent: number): number | null => {
    const at = now()
    marks = [...marks.filter((mark) => at - mark.at <= WINDOW_MS), { at, sent }]
    const [first] = marks
    if (!first || at - first.at < 250) return null
    return ((sent - first.sent) / (at - first.at)) * 1_000
  }
}
