/** Who has signed in: the calls with their key, for every part of the page. */

import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from '../shared/call.ts'

export type Session = { api: Api; tenant: string; signOut: (why?: string) => void }

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('nobody has signed in')
  return session
}
