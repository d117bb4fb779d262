// A detector that a hostile head gets stuck in.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ id, head }) => {
  while (Buffer.from(head).toString() === 'stuck');
  parentPort.postMessage({ id, type: 'application/fine' })
})
parentPort.postMessage('ready')
