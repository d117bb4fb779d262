/** What a verification needs besides the store and the bucket. */

import type { Pass } from '../inspect/inspect.ts'
import type { ScanByUrl } from '../inspect/scan/http-scanner.ts'
import type { Inspected } from '../upload/verdict.ts'
import type { Deps } from './deps.ts'

export type VerifyDeps = Deps & {
  /** One pass over the bytes; a fault of store or scanner throws and is never a verdict. */
  inspect: (pass: Pass) => Promise<Inspected>
  /** A scanner of the operator's own. Null: none is configured. */
  scanByUrl: ScanByUrl | null
}
