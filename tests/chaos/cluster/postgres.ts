/** PostgreSQL of the distribution, in a folder of its own; it refuses to run as root. */

import { execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../../support/processes.ts'
import { endWithTheRun } from './process.ts'

const run = promisify(execFile)

const INSTALLED = '/usr/lib/postgresql'
const MEGABYTES_64 = 64 * 1024 * 1024

export type Postgres = {
  /** `pg_ctl stop -m immediate`: as good as a crash, and all its children with it. */
  crash: () => Promise<void>
  start: () => Promise<void>
  /** Rows of a query, each as PostgreSQL's own JSON. */
  query: <T>(sql: string) => Promise<T[]>
}

export async function createPostgres(port: number, folder: string): Promise<Postgres> {
  const log = join(folder, 'postgres.log')
  const data = join(folder, 'data')
  mkdirSync(folder)
  const id = await idOfPostgres()
  if (id !== null) chownSync(folder, id, -1)
  await asPostgres('initdb', '-D', data, '-U', 'berth', '--auth=trust', '-E', 'UTF8')
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 -c log_lock_waits=on`
  const start = (): Promise<void> =>
    // The first start after a crash may find the lock file of the dead one.
    until('PostgreSQL', async () => {
      await asPostgres('pg_ctl', 'start', '-w', '-D', data, '-l', log, '-o', options)
      return true
    })
  const crash = async (): Promise<void> => {
    await asPostgres('pg_ctl', 'stop', '-m', 'immediate', '-D', data)
  }
  await start()
  // pg_ctl has let it go, so it is found by the file that it keeps.
  endWithTheRun(() => quit(join(data, 'postmaster.pid')))
  const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'berth']
  await run('psql', [...at, '-d', 'postgres', '-c', 'create database berth'])
  const query = async <T>(sql: string): Promise<T[]> => {
    const args = [...at, '-d', 'berth', '-At', '-c', `select row_to_json(t) from (${sql}) t`]
    const { stdout } = await run('psql', args, { maxBuffer: MEGABYTES_64 })
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T)
  }
  return { start, crash, query }
}

function quit(pidFile: string): void {
  if (!existsSync(pidFile)) return
  const [pid] = readFileSync(pidFile, 'utf8').split('\n')
  try {
    process.kill(Number(pid), 'SIGQUIT')
  } catch {
    // It is gone; the others are still to be ended.
  }
}

async function idOfPostgres(): Promise<number | null> {
  if (userInfo().uid !== 0) return null
  const { stdout } = await run('id', ['-u', 'postgres'])
  return Number(stdout)
}

function asPostgres(program: string, ...args: string[]): Promise<void> {
  const [version] = readdirSync(INSTALLED).sort().reverse()
  const path = join(INSTALLED, version ?? '', 'bin', program)
  return userInfo().uid === 0
    ? runToEnd('runuser', ['-u', 'postgres', '--', path, ...args])
    : runToEnd(path, args)
}

/** Without pipes: the server that pg_ctl leaves behind would hold them open for ever. */
function runToEnd(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore', cwd: '/' })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${[command, ...args].join(' ')}: exit code ${code}`))
    })
  })
}
