/** What `berth/server` offers to backends. No dependencies: Node, and whatever else has Web Crypto. */

export {
  createBackend,
  type Backend,
  type BackendOptions,
  type Download,
  type SlotRequest,
  type TokenTerms,
} from './backend.ts'
export type { PartSlot, Problem, Slot, Upload, UploadState } from './record.ts'
export { UploadError, type UploadErrorCode } from './upload-error.ts'
export { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'
export {
  InvalidWebhook,
  verifyWebhook,
  type WebhookEvent,
  type WebhookRequest,
  type WebhookRules,
} from './webhook.ts'
