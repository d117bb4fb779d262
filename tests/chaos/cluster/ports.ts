/** Ports that are free now, all different. */

import { freePort } from '../../support/processes.ts'

/** @returns the port of a name. */
export async function freePorts(names: readonly string[]): Promise<(name: string) => number> {
  const ports = new Map<string, number>()
  for (const name of names) ports.set(name, await freePort())
  return (name) => {
    const port = ports.get(name)
    if (port === undefined) throw new Error(`no port for ${name}`)
    return port
  }
}
