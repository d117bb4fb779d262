/** A world that listens on loopback, with a worker that verifies what has arrived. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { World } from './world.ts'

export type Listening = { url: string; close: () => Promise<void> }

const WORK_EVERY_MS = 20

export async function listening({ app, work }: Pick<World, 'app' | 'work'>): Promise<Listening> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let isOpen = true as boolean
  const working = (async () => {
    while (isOpen) {
      await work()
      await new Promise((resolve) => setTimeout(resolve, WORK_EVERY_MS))
    }
  })()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      isOpen = false
      await working
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
