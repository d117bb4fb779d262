/** Load by autocannon, in a process of its own. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PEERS } from './contenders.ts'

export type Target = {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
}

export type Load = {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers other than 2xx, and none at all. */
  failed: number
}

/** As fast as the answers come, over so many connections. */
export async function load(target: Target, connections: number, seconds: number): Promise<Load> {
  const spec = JSON.stringify({ ...target, connections, seconds })
  const { stdout } = await promisify(execFile)(process.execPath, [join(PEERS, 'load.mjs'), spec])
  return JSON.parse(stdout) as Load
}
