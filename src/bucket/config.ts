/** Where the object store is, and with which three credentials Berth speaks to it. */

export type StorageCredentials = { accessKeyId: string; secretAccessKey: string }

export type BucketConfig = {
  /** Null: AWS, by region. */
  endpoint: string | null
  /** The address that clients see; only signing uses it. Null: the endpoint. */
  publicEndpoint: string | null
  region: string
  /** The default bucket of profiles that name none. */
  name: string
  forcePathStyle: boolean
  /** In slot URLs: may put to staging, nothing else. Null: the keeper's. */
  signer: StorageCredentials | null
  /** In download URLs: may get objects, nothing else. Null: the keeper's. */
  reader: StorageCredentials | null
  /** Never in a URL. Null: the SDK's default chain. */
  keeper: StorageCredentials | null
}

/** One object's address. */
export type Location = { bucket: string; key: string }
