/** Where the scenarios are played: a Node of a given version, or Chromium. */

import { spawn } from 'node:child_process'
import { build } from 'esbuild'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openBrowser } from '../browser/chromium.ts'
import type { Played } from './in-browser.ts'
import type { RunningStand } from './stand.ts'

export type Platform = {
  version: string
  play: (scene: Pick<Played, 'name' | 'act'>) => Promise<void>
  close: () => Promise<void>
}

const bundle = async (entry: string, platform: 'node' | 'browser'): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`tests/sdk/${entry}.ts`],
    bundle: true,
    // A module in a page would run later than whoever put it there.
    format: platform === 'node' ? 'esm' : 'iife',
    target: 'es2022',
    platform,
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** @param executable of that Node; each act is a process. */
export async function nodeAt(
  executable: string,
  folder: string,
  stand: RunningStand,
): Promise<Platform> {
  const [program, memoryFile] = [join(folder, 'in-node.mjs'), join(folder, 'memory.json')]
  writeFileSync(program, await bundle('in-node', 'node'))
  writeFileSync(memoryFile, '[]')
  const { stdout: version } = await run(executable, ['--version'])
  return {
    version: version.trim(),
    play: async ({ name, act }) => {
      const { url, baseUrl, key } = stand
      const told = JSON.stringify({ name, act, url, baseUrl, key, memoryFile })
      const { code, stderr } = await run(executable, [program, told])
      if (code !== 0) throw new Error(stderr)
    },
    close: () => Promise.resolve(),
  }
}

async function run(command: string, args: string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

/** Each act is a page loaded anew; what it stores stays. */
export async function inChromium(stand: RunningStand): Promise<Platform> {
  const browser = await openBrowser()
  // Not by way of a route: an interceptor would answer the preflights that are part of the matter.
  const context = await browser.newContext()
  const page = await context.newPage()
  const script = await bundle('in-browser', 'browser')
  await page.exposeFunction('offlineFor', async (ms: number) => {
    await context.setOffline(true)
    setTimeout(() => void context.setOffline(false), ms)
  })
  return {
    version: `Chromium ${browser.version()}`,
    play: async ({ name, act }) => {
      const { url, baseUrl, key } = stand
      await page.goto(url)
      await page.addScriptTag({ content: script })
      const told = JSON.stringify({ name, act, url, baseUrl, key })
      await page.evaluate(`globalThis.playAct(${told})`)
    },
    close: () => browser.close(),
  }
}
