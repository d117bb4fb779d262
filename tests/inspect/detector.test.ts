import { afterEach, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createDetector } from '../../src/inspect/detector.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-detector-'))
afterEach(() => rmSync(folder, { recursive: true }))

const ANSWERS = `
import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ id }) => parentPort.postMessage({ id, type: 'image/png' }))
parentPort.postMessage('ready')
`

it('a thread that cannot start fails that attempt only; the next one starts another', async () => {
  const file = join(folder, 'worker.mjs')
  const detector = createDetector(pathToFileURL(file))
  await expect(detector.detect(Buffer.from('x'))).rejects.toThrow()
  await expect(detector.detect(Buffer.from('x'))).rejects.toThrow()
  writeFileSync(file, ANSWERS)
  expect(await detector.detect(Buffer.from('x'))).toBe('image/png')
  await detector.close()
})
