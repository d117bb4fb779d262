/** The outbox: attempts by what became of them, what waits, and what was given up. Depths are the same on every node. */

import { Counter, Gauge, type Registry } from 'prom-client'

export function webhookMetrics(registers: Registry[]) {
  const attempts = new Counter({
    name: 'berth_webhook_attempts_total',
    help: 'Attempts to deliver a webhook, by what became of them.',
    labelNames: ['outcome'],
    registers,
  })
  const depth = new Gauge({
    name: 'berth_webhook_outbox',
    help: 'Deliveries that are neither delivered nor dead, counted to 10,000.',
    registers,
  })
  const oldest = new Gauge({
    name: 'berth_webhook_outbox_oldest_seconds',
    help: 'How long the oldest of these has been waiting.',
    registers,
  })
  const late = new Gauge({
    name: 'berth_webhook_outbox_late',
    help: '1 while an endpoint that works waits for what was due a minute ago.',
    registers,
  })
  const dead = new Gauge({
    name: 'berth_webhook_dead_letters_last_hour',
    help: 'Deliveries that became dead letters within the last hour, counted to 10,000.',
    registers,
  })
  return {
    /** An attempt ended. */
    delivery: (outcome: string): void => attempts.inc({ outcome }),
    /** What waits, and for how many seconds the oldest of it has. */
    outbox: (waiting: number, oldestSeconds: number): void => {
      depth.set(waiting)
      oldest.set(oldestSeconds)
    },
    outboxTrouble: (isLate: boolean, deadOfLastHour: number): void => {
      late.set(isLate ? 1 : 0)
      dead.set(deadOfLastHour)
    },
  }
}
