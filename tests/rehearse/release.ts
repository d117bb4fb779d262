/** A release as it is shipped and installed: packed, unpacked into an empty folder, its locked dependencies added. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, run, until, type Running } from '../support/processes.ts'
import { timed } from './times.ts'

export type Release = {
  /** How it is called in what is printed. */
  name: string
  folder: string
}

/** Where there is no binary of SQLite's driver to be had, npm compiles it. */
const LONGEST_STEP_MS = 15 * 60_000

/** The driver as it was built here is taken, instead of building it once more: quicker, and less than production does. */
const TAKES_BUILT = process.env['REHEARSE_BUILT'] === 'on'
const DRIVER = 'node_modules/better-sqlite3'

/** The npm package of this working copy. @returns its path. */
export function packHere(to: string): string {
  mkdirSync(to, { recursive: true })
  execFileSync('npm', ['pack', '--silent', '--pack-destination', to], {
    timeout: LONGEST_STEP_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [file] = readdirSync(to)
  if (file === undefined) throw new Error('npm packed nothing')
  return join(to, file)
}

/** As docs/runbook.md says: an empty folder, and `npm ci` by the lock that is in the package. */
export async function install(name: string, tarball: string, folder: string): Promise<Release> {
  mkdirSync(folder, { recursive: true })
  const options = { cwd: folder, timeout: LONGEST_STEP_MS, stdio: 'pipe' } as const
  await timed(`install ${name} by npm ci`, () => {
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1'], options)
    const how = TAKES_BUILT ? ['--ignore-scripts'] : []
    execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', ...how], options)
    if (TAKES_BUILT) takeBuilt(folder)
  })
  return { name, folder }
}

function takeBuilt(folder: string): void {
  const version = (of: string): unknown =>
    (JSON.parse(readFileSync(join(of, DRIVER, 'package.json'), 'utf8')) as { version: string })
      .version
  if (version(folder) !== version('.')) throw new Error('the driver here is of another version')
  const built = join(DRIVER, 'build/Release/better_sqlite3.node')
  cpSync(built, join(folder, built))
}

type Ended = { code: number; stdout: string; stderr: string }

/** One command of the release, to its end. */
export async function command(
  { folder }: Release,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const { child, end } = run(process.execPath, [join(folder, 'dist/main.js'), ...args], env, folder)
  const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)]
  // Later than `exit`: when all that was printed has come.
  const code = await new Promise<number>((resolve) => child.once('close', (n) => resolve(n ?? -1)))
  await end()
  return { code, stdout: stdout(), stderr: stderr() }
}

function collected(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}

export type Serving = { url: string; release: Release; stop: () => Promise<number | null> }

/** Resolves when it answers /readyz with 200. */
export async function serve(release: Release, env: NodeJS.ProcessEnv): Promise<Serving> {
  const url = `http://127.0.0.1:${env['PORT'] ?? ''}`
  const main = join(release.folder, 'dist/main.js')
  const running = run(process.execPath, [main, 'serve'], env, release.folder)
  // Alive as well: one that was left over from a step that failed would answer, too.
  const isReady = async () => isAlive(running) && (await fetch(`${url}/readyz`)).ok
  await timed(`start ${release.name}`, () => until(release.name, isReady)).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}: ${running.output()}`)
    },
  )
  return { url, release, stop: () => stopped(running) }
}

async function stopped({ child, end }: Running): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const code = await exited
  await end()
  return code
}
