#!/usr/bin/env node
/** The command line. */

import { config as readDotenv } from 'dotenv'
import { audit } from './cli/audit.ts'
import { backup } from './cli/backup.ts'
import { doctor } from './cli/doctor.ts'
import { events } from './cli/events.ts'
import { keys } from './cli/keys.ts'
import { migrate } from './cli/migrate.ts'
import { reconcile } from './cli/reconcile.ts'
import { serve } from './cli/serve.ts'
import { upload } from './cli/upload.ts'
import { uploads } from './cli/uploads.ts'
import { USAGE, UsageError } from './cli/usage.ts'
import { ConfigError } from './config-error.ts'
import { environment, loadConfig, loadDatabase } from './config.ts'
import { docsPages } from './console/docs-pages.ts'
import { consolePages } from './console/pages.ts'
import { loadProfiles } from './profiles.ts'
import { UnusableDatabase } from './store/engine.ts'
import { readVersion } from './telemetry/version.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const COMMANDS: Record<string, (args: string[]) => Promise<void> | void> = {
  serve: () => serve(loadConfig(environment()), [...docsPages(), ...consolePages()]),
  migrate: () => migrate(loadDatabase(environment()), print),
  keys: (args) => keys(loadDatabase(environment()), args, print),
  events: (args) => events(loadDatabase(environment()), args, print),
  profiles: checkProfiles,
  upload: sendFiles,
  uploads: (args) => uploads(loadDatabase(environment()), args, print),
  audit: (args) => audit(loadDatabase(environment()), args, process.stdout),
  backup: (args) => backup(loadDatabase(environment()), args, print),
  reconcile: compare,
  doctor: examine,
  version: () => print(readVersion()),
  help: () => print(USAGE),
}

function checkProfiles([action, file]: string[]): void {
  if (action !== 'check' || file === undefined) throw new UsageError('expected profiles check FILE')
  print(`${file}: ${[...loadProfiles(file).keys()].join(', ')}: fine`)
}

async function compare(args: string[]): Promise<void> {
  const differences = await reconcile(loadConfig(environment()), args, process.stdout)
  if (differences > 0) process.exitCode = 1
}

async function sendFiles(args: string[]): Promise<void> {
  const failed = await upload(args, process.stdout)
  if (failed > 0) process.exitCode = 1
}

async function examine(args: string[]): Promise<void> {
  const width = process.stdout.isTTY ? process.stdout.columns : 100
  if (!(await doctor(loadConfig(environment()), args, { print, width }))) process.exitCode = 1
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
  error instanceof UnusableDatabase ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`berth: ${error instanceof Error ? error.message : String(error)}\n`)
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}\n`)
  process.exitCode = isUsage(error) ? 2 : 1
}
