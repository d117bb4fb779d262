/** What `berth/client` offers. No dependencies: it runs in browsers and in Node. */

export { type Connection } from './api.ts'
export { explain, type StoreReason, type StoreRefusal } from './explain.ts'
export type { Progress, UploadOptions } from './options.ts'
export { type Source } from './put.ts'
export type { PartSlot, Problem, Slot, Upload, UploadState } from './record.ts'
export { type Memory } from './remember.ts'
export { UploadError, type UploadErrorCode } from './upload-error.ts'
export { createUploader, type Uploader, type UploaderOptions } from './uploader.ts'
export { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'
