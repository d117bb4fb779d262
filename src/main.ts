#!/usr/bin/env node
/** The command line. */

import { config as readDotenv } from 'dotenv'
import { retryFailed } from './broker/retry-failed.ts'
import { events } from './cli/events.ts'
import { keys } from './cli/keys.ts'
import { serve } from './cli/serve.ts'
import { USAGE, UsageError } from './cli/usage.ts'
import { ConfigError } from './config-error.ts'
import { environment, loadConfig, loadDatabaseUrl } from './config.ts'
import { loadProfiles } from './profiles.ts'
import { openStore } from './store/store.ts'
import { readVersion } from './telemetry/version.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const COMMANDS: Record<string, (args: string[]) => Promise<void> | void> = {
  serve: () => serve(loadConfig(environment())),
  migrate: () => migrate(loadDatabaseUrl(environment())),
  keys: (args) => keys(loadDatabaseUrl(environment()), args, print),
  events: (args) => events(loadDatabaseUrl(environment()), args, print),
  profiles: checkProfiles,
  uploads: (args) => retryUpload(loadDatabaseUrl(environment()), args),
  version: () => print(readVersion()),
  help: () => print(USAGE),
}

async function migrate(databaseUrl: string): Promise<void> {
  const store = openStore(databaseUrl)
  const ran = await store.migrate().finally(() => store.close())
  print(ran.length === 0 ? 'the schema is up to date' : `migrated: ${ran.join(', ')}`)
}

function checkProfiles([action, file]: string[]): void {
  if (action !== 'check' || file === undefined) throw new UsageError('expected profiles check FILE')
  print(`${file}: ${[...loadProfiles(file).keys()].join(', ')}: fine`)
}

async function retryUpload(databaseUrl: string, [action, id]: string[]): Promise<void> {
  if (action !== 'retry' || id === undefined) throw new UsageError('expected uploads retry ID')
  const store = openStore(databaseUrl)
  const upload = await retryFailed({ store, now: () => new Date() }, id).finally(() =>
    store.close(),
  )
  print(`${upload.id}: ${upload.state}`)
}

async function main([name, ...args]: string[]): Promise<void> {
  const command = name === undefined ? undefined : COMMANDS[name]
  if (!command)
    throw new UsageError(name === undefined ? 'expected a command' : `no command ${name}`)
  readDotenv({ quiet: true })
  await command(args)
}

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  error instanceof ConfigError ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`berth: ${error instanceof Error ? error.message : String(error)}\n`)
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}\n`)
  process.exitCode = isUsage(error) ? 2 : 1
}
