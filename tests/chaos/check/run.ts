/** What the checker reads: the history of the clients, the exported records, the bucket's bytes, the logs. */

export type Op = 'issue' | 'renew' | 'put' | 'complete' | 'cancel' | 'get' | 'download' | 'fetch'

/** `unknown`: the answer was lost, or said that the server does not know; it may have happened or not. */
export type Outcome = 'ok' | 'fail' | 'unknown'

export type Declared = {
  profile: string
  filename: string
  contentType: string
  size: number
  sha256: string | null
  metadata: Record<string, string>
}

/** What a PUT carried. `insider`: somebody with the store's own credentials, past every signature. */
export type Put = {
  key: string
  size: number
  sha256: string
  contentType: string
  content: 'noise' | 'png'
  by: 'client' | 'insider'
  expiresAt: number
}

export type Sent = { declared?: Declared; put?: Put }

/** One call of a client, from its beginning to what came back. Moments are milliseconds since 1970. */
export type Call = {
  call: number
  op: Op
  item: number
  tenant: string
  /** Null while the client has not been told the id. */
  upload: string | null
  sent: Sent
  began: number
  ended: number | null
  outcome: Outcome
  status: number | null
  /** The body as it came; of signed URLs the signature is taken out. */
  answer: unknown
}

export type UploadRow = {
  id: string
  tenant: string
  profile: string
  filename: string
  content_type: string
  size: number
  sha256: string | null
  metadata: string
  state: string
  version: number
  fence: number
  staging_key: string
  sealed_key: string | null
  land_by: number
  due_at: number | null
  object: string | null
  rejection: string | null
  created_at: number
  updated_at: number
}

export type TransitionRow = {
  upload_id: string
  version: number
  state: string
  at: number
  cause: string
}

export type Snapshot = {
  at: number
  tenant: string
  profile: string
  /** What the records count by themselves. */
  kept: { slots: number; bytes: number }
  /** What the rows add up to at that moment. */
  counted: { slots: number; bytes: number }
}

export type OpenAtHeal = Pick<UploadRow, 'id' | 'state' | 'due_at' | 'land_by'>

export type StoredObject = {
  key: string
  size: number
  sha256: string
  lastModified: number
  /** Status of a GET without credentials. */
  anonymous: number
}

export type EventRow = { id: string; upload_id: string | null; type: string; body: string }

export type DeliveryRow = {
  id: string
  webhook_id: string
  event_id: string
  type: string
  state: string
  attempts: number
}

/** A delivery as it came to the receiver, and what became of its answer. */
export type Received = {
  /** When its body had come. */
  at: number
  /** When the answer was out, or the connection gone. */
  ended: number
  path: string
  id: string
  timestamp: string
  signature: string
  body: string
  /** Null: none was sent. */
  status: number | null
  isWhole: boolean
}

export type Endpoint = {
  id: string
  tenant: string
  path: string
  /** Null: all. */
  events: string[] | null
  secret: string
}

export type Fault = { kind: string; began: number; ended: number; link?: string }

type ProfileLimits = {
  maxSize: number
  openSlots: number
  reservedBytes: number
  scan: 'off' | 'required'
}

export type Settings = {
  seed: number
  mode: string
  leaseSeconds: number
  /** When every fault had been taken away, and the last upload begun. */
  healedAt: number
  /** What an open upload may take on top of its deadline and one lease. */
  slackSeconds: number
  /** How long an attempt to deliver a webhook owns its delivery. */
  deliveryLeaseSeconds: number
  endpoints: Endpoint[]
  tenants: string[]
  profiles: Record<string, ProfileLimits>
  accessKeyIds: { signer: string; reader: string; keeper: string }
  /** Values that may stand in no log and no answer. */
  secrets: string[]
}

export type Run = {
  settings: Settings
  calls: Call[]
  uploads: UploadRow[]
  transitions: TransitionRow[]
  claims: { sealed_key: string }[]
  inbox: { digest: string; state: string }[]
  events: EventRow[]
  deliveries: DeliveryRow[]
  received: Received[]
  faults: Fault[]
  snapshots: Snapshot[]
  openAtHeal: OpenAtHeal[]
  objects: StoredObject[]
  /** Lines of the nodes' logs. */
  logs: string[]
}
