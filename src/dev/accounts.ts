/** The three storage credentials of development, each with just the rights that production gives it. */

import type { Account } from './object-store/types.ts'

export type Secrets = {
  signer: string
  reader: string
  keeper: string
  eventsToken: string
  tokenSecret: string
}

type Keys = Pick<Secrets, 'signer' | 'reader' | 'keeper'>

export const accountsFor = ({ signer, reader, keeper }: Keys): Account[] => [
  {
    accessKeyId: 'dev-signer',
    secretAccessKey: signer,
    may: (action, key) => action === 'put' && /(^|\/)staging\//.test(key),
  },
  {
    accessKeyId: 'dev-reader',
    secretAccessKey: reader,
    may: (action, key) => action === 'get' && /(^|\/)objects\//.test(key),
  },
  { accessKeyId: 'dev-keeper', secretAccessKey: keeper, may: () => true },
]
