import { startPostgres } from '../support/postgres.ts'
import { describeStoreContract } from './store-contract.ts'

describeStoreContract('PostgreSQL', async () => {
  const postgres = await startPostgres()
  return { newUrl: postgres.newDatabase, close: postgres.close }
})
