/** Every call of the API, resource by resource: the order in which the description shows them. */

import { describeApi, type Document } from './openapi/document.ts'
import type { Operation } from './openapi/operation.ts'
import { consoleOperations } from './routes/console.operations.ts'
import { createOperations } from './routes/create-uploads.operations.ts'
import { documentOperations } from './routes/documents.operations.ts'
import { eventOperations } from './routes/events.operations.ts'
import { operationOperations } from './routes/operations.operations.ts'
import { partOperations } from './routes/parts.operations.ts'
import { statusOperations } from './routes/status.operations.ts'
import { tokenOperations } from './routes/tokens.operations.ts'
import { uploadOperations } from './routes/uploads.operations.ts'
import { webhookOperations } from './routes/webhooks.operations.ts'

export const OPERATIONS: readonly Operation[] = [
  ...createOperations,
  ...uploadOperations,
  ...partOperations,
  ...statusOperations,
  ...tokenOperations,
  ...webhookOperations,
  ...consoleOperations,
  ...eventOperations,
  ...operationOperations,
  ...documentOperations,
]

/** @param publicUrl empty: addresses without a host. */
export const describe = (publicUrl: string): Document => describeApi(OPERATIONS, publicUrl)
