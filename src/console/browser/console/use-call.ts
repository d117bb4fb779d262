/** The answer of a call, asked again on the clock or on request. */

import { useCallback, useEffect, useState } from 'preact/hooks'
import { isAbort, Refused } from '../shared/call.ts'
import { useSession } from './session.tsx'

export type Called<T> = { answer: T | null; error: Error | null; again: () => void }

/** @param everyMs null: once. While the page is hidden nothing is asked. */
export function useCall<T>(path: string, everyMs: number | null = null): Called<T> {
  const { api, signOut } = useSession()
  const [asked, setAsked] = useState(0)
  const [known, setKnown] = useState<{ path: string; answer: T } | null>(null)
  const [error, setError] = useState<Error | null>(null)

  useEffect(() => {
    const stop = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        setKnown({ path, answer: await api.get<T>(path, stop.signal) })
        setError(null)
      } catch (failure) {
        if (isAbort(failure)) return
        if (failure instanceof Refused && failure.problem.status === 401) {
          signOut('The key is not valid any more.')
        } else setError(failure instanceof Error ? failure : new Error(String(failure)))
      }
    }
    void ask()
    const timer =
      everyMs === null
        ? undefined
        : setInterval(() => {
            if (!document.hidden) void ask()
          }, everyMs)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [api, signOut, path, everyMs, asked])

  const again = useCallback(() => setAsked((count) => count + 1), [])
  // The answer to another question is none.
  return { answer: known?.path === path ? known.answer : null, error, again }
}
