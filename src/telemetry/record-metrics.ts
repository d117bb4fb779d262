/** What lies in the records now. Every node that has jobs says the same: take the maximum, not the sum. */

import { Gauge, type Registry } from 'prom-client'

type OpenState = { count: number; oldestSeconds: number; overdue: number }
type Inbox = { count: number; oldestSeconds: number }

export function recordMetrics(registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const uploads = gauge('berth_uploads', 'Uploads that are not over, by state.', ['state'])
  const oldest = gauge(
    'berth_uploads_oldest_seconds',
    'How long the one that has not changed for longest has been in its state.',
    ['state'],
  )
  const overdue = gauge(
    'berth_uploads_overdue',
    'Uploads whose next step was due more than a minute ago.',
    ['state'],
  )
  const inbox = gauge('berth_inbox_events', 'Events that are stored and not looked at yet.')
  const inboxOldest = gauge('berth_inbox_oldest_seconds', 'How long the oldest of them has waited.')
  return {
    openUploads: (state: string, found: OpenState): void => {
      uploads.set({ state }, found.count)
      oldest.set({ state }, found.oldestSeconds)
      overdue.set({ state }, found.overdue)
    },
    inbox: (found: Inbox): void => {
      inbox.set(found.count)
      inboxOldest.set(found.oldestSeconds)
    },
  }
}
