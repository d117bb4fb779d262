/** JSON that may be anything. */

/** @returns undefined when the text does not parse; JSON itself has no such value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What stands at a path of names, or undefined where the path ends early. */
export function at(json: unknown, ...names: string[]): unknown {
  let value = json
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
