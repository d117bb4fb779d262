/** How long each step of a rehearsal took, for whoever plans the real one. */

const taken: [string, number][] = []

export async function timed<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await run()
  taken.push([what, (performance.now() - began) / 1000])
  return result
}

export function printTimes(title: string): void {
  const lines = taken
    .splice(0)
    .map(([what, seconds]) => `  ${seconds.toFixed(2).padStart(7)} s  ${what}`)
  process.stdout.write(`${title}\n${lines.join('\n')}\n`)
}
