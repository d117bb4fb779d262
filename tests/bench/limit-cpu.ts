/** A share of one processor for a process, so that it and not the machine is what limits it. */

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PERIOD_US = 100_000
const V1 = '/sys/fs/cgroup/cpu'
const V2 = '/sys/fs/cgroup'

/** @param share of one processor, as 0.3. @returns how to take the limit away again, once the process is gone. */
export function limitCpu(pid: number, share: number): () => void {
  const quota = Math.round(PERIOD_US * share)
  const isV1 = existsSync(join(V1, 'cpu.cfs_quota_us'))
  const group = join(isV1 ? V1 : V2, `berth-bench-${pid}`)
  mkdirSync(group)
  const [file, value] = isV1
    ? ['cpu.cfs_quota_us', String(quota)]
    : ['cpu.max', `${quota} ${PERIOD_US}`]
  writeFileSync(join(group, file), value)
  writeFileSync(join(group, 'cgroup.procs'), String(pid))
  return () => rmdirSync(group)
}
