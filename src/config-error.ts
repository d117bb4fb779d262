/** The configuration cannot be used, and why: all of it, not the first mistake alone. */

/** Names every bad or missing variable; the command line ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(`the configuration is not usable:\n${mistakes.map((line) => `  ${line}`).join('\n')}`)
    this.mistakes = mistakes
  }
}
