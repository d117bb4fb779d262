export function secretsIn(line: string, secrets: Iterable<string>): string[]
