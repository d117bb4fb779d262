/** Tells how each run of a background story ended; the stories themselves do not know. */

type Stories = Record<string, unknown>
type Done = (job: string, isWell: boolean) => void

/** @returns the same stories; each of `names` tells `done` of every run. */
export function countJobs<T extends Stories>(
  stories: T,
  names: (keyof T & string)[],
  done: Done,
): T {
  const counted = names.map((name) => [name, told(stories[name] as Story, name, done)])
  return { ...stories, ...(Object.fromEntries(counted) as Partial<T>) }
}

type Story = (...given: unknown[]) => Promise<unknown>

const told =
  (run: Story, name: string, done: Done): Story =>
  async (...given) => {
    try {
      const result = await run(...given)
      done(name, true)
      return result
    } catch (error) {
      done(name, false)
      throw error
    }
  }
