import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStoreContract } from './store-contract.ts'

describeStoreContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-contract-'))
  let made = 0
  return Promise.resolve({
    newUrl: () => {
      made += 1
      return Promise.resolve(`file:${join(folder, `${made}.db`)}`)
    },
    close: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  })
})
