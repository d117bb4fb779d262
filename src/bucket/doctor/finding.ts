/** One row of the doctor's table. */

/**
 * `weaker`: Berth keeps its promises, by other means or with less comfort.
 * `broken`: something that Berth promises would not hold. `unknown`: it could not be tried.
 */
export type Outcome = 'holds' | 'weaker' | 'broken' | 'unknown'

export type Finding = {
  /** Short and stable, for scripts. */
  check: string
  outcome: Outcome
  tried: string
  found: string
  /** What callers get from it. */
  means: string
  /** Null: nothing has to be mended. */
  mend: string | null
}

/** What came of applying a setting: null when the store took it, otherwise its refusal. */
export type Mended = { refusal: string | null }

export type Check = {
  examine: () => Promise<Finding>
  /** Only of settings that the store has a call for. */
  apply?: () => Promise<Mended>
}
