/** What the command line understands. */

export const USAGE = `berth: an upload broker for S3-compatible object storage

  berth serve                     run the service (configuration: environment, see .env.example)
  berth migrate                   bring the database's schema up to date
  berth doctor [--fix] [--json] [--webhook URL]…
                                  try what the bucket enforces and whether all is set up; 1 if a
                                  promise would not hold; --fix applies the bucket's settings
  berth keys create --tenant T --scopes S[,S] [--expires 90d]
                                  make an API key; the key alone is printed
  berth keys list                 one JSON line per key, without secrets
  berth keys revoke ID            end a key
  berth events --state S [--limit N]
                                  stored events: new, matched, ignored, unmatched or poison
  berth profiles check FILE       list every mistake in a profiles file
  berth uploads retry ID          reopen an upload that has failed
  berth upload FILE… --url U --key K [--wait]
                                  send files; more options: berth upload --help
  berth audit --since TIME [--until TIME]
                                  every change of state, one JSON line each, oldest first
  berth reconcile [--json]        what differs between bucket and records; 1 if anything does
  berth backup FILE               copy the records (SQLite), also while Berth serves
  berth version

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
