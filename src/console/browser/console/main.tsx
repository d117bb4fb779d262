/** The operators' page. */

import { render } from 'preact'
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { Api } from '../shared/call.ts'
import { SessionContext } from './session.tsx'
import { Shell } from './shell.tsx'
import { SignIn } from './sign-in.tsx'

function Console() {
  const [door, setDoor] = useState('')
  const [open, setOpen] = useState<{ api: Api; tenant: string } | null>(null)
  const signOut = useCallback((why = '') => {
    setDoor(why)
    setOpen(null)
  }, [])
  const opened = useCallback((api: Api, tenant: string) => setOpen({ api, tenant }), [])
  const session = useMemo(() => open && { ...open, signOut }, [open, signOut])
  if (!session) return <SignIn why={door} opened={opened} />
  return (
    <SessionContext.Provider value={session}>
      <Shell />
    </SessionContext.Provider>
  )
}

const root = document.querySelector('#console')
if (root) render(<Console />, root)
