/** Which build runs: a new value marks a deployment on the dashboard. */

import { Gauge, type Registry } from 'prom-client'
import { readVersion } from './version.ts'

export function setBuildInfo(registers: Registry[]): void {
  const info = new Gauge({
    name: 'berth_build_info',
    help: 'Always 1; the labels say which build this is.',
    labelNames: ['version', 'node'],
    registers,
  })
  info.set({ version: readVersion(), node: process.version }, 1)
}
