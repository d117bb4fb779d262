/** Background work (`job` is a label of Prometheus' own, so here it is `task`): when each last ended well, and how often it did not. */

import { Counter, Gauge, type Registry } from 'prom-client'

export function jobMetrics(registers: Registry[]) {
  const succeeded = new Gauge({
    name: 'berth_task_last_success_timestamp_seconds',
    help: 'When a run of this task last ended well, in Unix time.',
    labelNames: ['task'],
    registers,
  })
  const failed = new Counter({
    name: 'berth_task_failures_total',
    help: 'Runs of this task that failed; each is repeated.',
    labelNames: ['task'],
    registers,
  })
  return {
    jobDone: (task: string, isWell: boolean): void => {
      if (isWell) succeeded.set({ task }, Date.now() / 1000)
      else failed.inc({ task })
    },
  }
}
