/** `make start` in a process of its own: Berth on SQLite with the embedded object store. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, run, until } from '../support/processes.ts'

export type Stack = {
  url: string
  key: string
  adminKey: string
  eventsToken: string
  close: () => Promise<void>
}

const PROFILES = { profiles: { default: { maxSize: '24MiB' } } }

export async function startStack(): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-browser-'))
  const profiles = join(folder, 'profiles.json')
  writeFileSync(profiles, JSON.stringify(PROFILES))
  const port = await twoFreePorts()
  const running = run(process.execPath, ['dist/dev/start.js'], {
    PATH: process.env['PATH'],
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    BERTH_DATA: join(folder, 'data'),
    BERTH_PROFILES: profiles,
    PORT: String(port),
    WEBHOOK_ALLOW_PRIVATE: 'on',
  })
  const url = `http://127.0.0.1:${port}`
  await until(`the stack: ${running.output()}`, async () => (await fetch(`${url}/readyz`)).ok)
  const kept = (name: string): string => readFileSync(join(folder, 'data', name), 'utf8')
  const { eventsToken } = JSON.parse(kept('secrets.json')) as { eventsToken: string }
  return {
    url,
    key: kept('api-key'),
    adminKey: kept('admin-key'),
    eventsToken,
    close: async () => {
      await running.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The store takes the port after Berth's. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const isFree = await fetch(`http://127.0.0.1:${port + 1}/`).then(
      () => false,
      () => true,
    )
    if (isFree && port < 65_535) return port
  }
}
