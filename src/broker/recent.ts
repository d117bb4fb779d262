/** The last few thousand of something that need not be done again; forgetting one costs a repeat. */

export type Recent = { has: (name: string) => boolean; add: (name: string) => void }

export function createRecent(limit: number): Recent {
  // A Set keeps its order of insertion, so the first is the oldest.
  const names = new Set<string>()
  return {
    has: (name) => names.has(name),
    add: (name) => {
      names.add(name)
      if (names.size > limit) for (const oldest of names) return void names.delete(oldest)
    },
  }
}
