/** What the checker is given: the records as they are, and every object with the hash of its bytes. */

import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { StoredObject } from './check/run.ts'
import { BUCKET, type Minio } from './cluster/minio.ts'
import type { Records } from './cluster/records.ts'
import { writeLines } from './lines.ts'

const TABLES = {
  uploads: 'select * from uploads order by id',
  transitions: 'select * from transitions order by upload_id, version',
  claims: 'select sealed_key, upload_id from claims order by sealed_key',
  deliveries:
    'select id, webhook_id, event_id, type, state, attempts, claim from deliveries order by id',
  'webhook-events': 'select id, upload_id, type, body from webhook_events order by id',
  inbox: 'select digest, source, state, attempts, received_at from inbox order by received_at',
}

const AT_A_TIME = 8

export async function exportRecords(records: Records, folder: string): Promise<void> {
  for (const [name, statement] of Object.entries(TABLES)) {
    writeLines(join(folder, `${name}.ndjson`), await records.query(statement))
  }
}

export async function exportObjects(minio: Minio, folder: string): Promise<void> {
  const found: StoredObject[] = []
  const pages = paginateListObjectsV2({ client: minio.client }, { Bucket: BUCKET })
  for await (const { Contents = [] } of pages) {
    for (let from = 0; from < Contents.length; from += AT_A_TIME) {
      const some = Contents.slice(from, from + AT_A_TIME)
      found.push(
        ...(await Promise.all(
          some.map(({ Key = '', LastModified }) => look(minio, Key, LastModified?.getTime() ?? 0)),
        )),
      )
    }
  }
  writeLines(join(folder, 'objects.ndjson'), found)
}

async function look(minio: Minio, key: string, lastModified: number): Promise<StoredObject> {
  const { Body } = await minio.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
  const sha256 = createHash('sha256').update(bytes).digest('base64')
  const anonymous = await fetch(`${minio.url}/${BUCKET}/${key}`)
  await anonymous.arrayBuffer()
  return { key, size: bytes.length, sha256, lastModified, anonymous: anonymous.status }
}
