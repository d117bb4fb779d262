/** What the embedded store is told, and the words of its insides. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Disk, Stored } from './disk.ts'

export type Action = 'put' | 'get' | 'delete' | 'list'

/** Who may do what: S3's bucket policies, reduced to one question. */
export type Account = {
  accessKeyId: string
  secretAccessKey: string
  may: (action: Action, key: string) => boolean
}

/** Each can be switched off, to show that Berth's verification holds without the store's help. */
export type Protections = {
  /** Off: nobody's signature is checked, and so no signed length or type. */
  signature: boolean
  expiry: boolean
  checksum: boolean
  /** `if-none-match: *`. */
  singleUse: boolean
}

export type EventTarget = {
  url: string
  token: string
  /** Only keys that contain this are told of. */
  keysWith: string
}

export type ObjectStoreOptions = {
  /** Everything lives below this folder, and is there again after a restart. */
  folder: string
  region: string
  accounts: readonly Account[]
  buckets: readonly string[]
  /** 0: any free port. */
  port: number
  events: EventTarget | null
  protections?: Partial<Protections>
  now?: () => Date
  /** Told of every call that was properly signed, before it is performed. */
  onCall?: (call: Called) => void
}

export type Called = { operation: string; accessKeyId: string; key: string }

/** A refusal in S3's words. */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export type Call = {
  req: IncomingMessage
  res: ServerResponse
  url: URL
  bucket: string
  key: string
  account: Account
}

export type CallDeps = {
  disk: Disk
  protections: Protections
  now: () => Date
  announce: (eventName: string, bucket: string, key: string, stored: Stored) => void
}
