// The type detector in a thread of its own: a hostile header can hold up nothing but this thread.
import { parentPort } from 'node:worker_threads'
import { fileTypeFromBuffer } from 'file-type'

parentPort.on('message', async ({ id, head }) => {
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  parentPort.postMessage({ id, type: found?.mime ?? null })
})
parentPort.postMessage('ready')
