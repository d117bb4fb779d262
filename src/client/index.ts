/** What `berth/client` offers. No dependencies: it runs in browsers and in Node. */

export { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'
