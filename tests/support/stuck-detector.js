// A detector that a hostile head gets stuck in, and that is slow about another.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ id, head }) => {
  const text = Buffer.from(head).toString()
  const slowUntil = performance.now() + (text === 'slow' ? 150 : 0)
  while (text === 'stuck' || performance.now() < slowUntil);
  parentPort.postMessage({ id, type: 'application/fine' })
})
parentPort.postMessage('ready')
