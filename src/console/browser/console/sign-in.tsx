/** The door: an admin key, which is kept in this page's memory and nowhere else. */

import { useState } from 'preact/hooks'
import { createApi, Refused, type Api } from '../shared/call.ts'
import type { Overview } from './answers.ts'

type Opened = (api: Api, tenant: string) => void

export function SignIn({ why, opened }: { why: string; opened: Opened }) {
  const [said, setSaid] = useState(why)
  const [busy, setBusy] = useState(false)
  const tryKey = async (key: string): Promise<void> => {
    setBusy(true)
    setSaid('')
    const failure = await enter(key, opened)
    if (failure === null) return
    setSaid(failure)
    setBusy(false)
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const field = new FormData(event.currentTarget as HTMLFormElement).get('key')
    void tryKey(typeof field === 'string' ? field.trim() : '')
  }
  return (
    <main class="door">
      <h1>Berth console</h1>
      <form class="card" onSubmit={submit}>
        <KeyField />
        <p id="key-help" class="soft">
          Made by <code>berth keys create --tenant … --scopes admin</code>. It stays in the memory
          of this page: a reload forgets it.
        </p>
        <p id="key-said" class="said" role="alert">
          {said}
        </p>
        <button class="main" disabled={busy}>
          {busy ? 'Asking…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}

const KeyField = () => (
  <>
    <label for="key">API key with the scope admin</label>
    <input
      id="key"
      name="key"
      type="password"
      autocomplete="off"
      spellcheck={false}
      required
      aria-describedby="key-help key-said"
    />
  </>
)

/** @returns what was wrong; null once the door is open. */
async function enter(key: string, opened: Opened): Promise<string | null> {
  const api = createApi(key)
  try {
    opened(api, (await api.get<Overview>('v1/console/overview')).tenant)
    return null
  } catch (error) {
    return inWords(error)
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof Refused)) return error instanceof Error ? error.message : String(error)
  if (error.problem.status === 401) return 'This key is not valid: mistyped, expired or revoked.'
  if (error.problem.status === 403) return 'This key is valid, but it has no scope admin.'
  return error.message
}
