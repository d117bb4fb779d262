/** A search that goes on by itself, stretch by stretch, until a page is full or enough was looked at. */

import { useCallback, useEffect, useState } from 'preact/hooks'
import { isAbort } from '../shared/call.ts'
import type { Upload } from '../shared/records.ts'
import type { SearchPage } from './answers.ts'
import { useSession } from './session.tsx'

export type Search = {
  uploads: Upload[]
  /** Where the next page begins. */
  nextCursor: string | null
  /** Not everything was looked at: only what is younger. */
  searchedBackTo: string | null
  isRunning: boolean
  error: Error | null
  /** From the cursor on. */
  go: (cursor: string | null) => void
}

const PAGE = 25

/** Of some thousand uploads each. */
const MOST_STRETCHES = 20

type Found = Pick<Search, 'uploads' | 'nextCursor' | 'searchedBackTo'>

const NOTHING: Found = { uploads: [], nextCursor: null, searchedBackTo: null }

/** @param filter the query of the call, without limit and cursor. */
export function useSearch(filter: string): Search {
  const { api } = useSession()
  const [from, setFrom] = useState<{ cursor: string | null }>({ cursor: null })
  const [found, setFound] = useState<Found>(NOTHING)
  const [isRunning, setRunning] = useState(true)
  const [error, setError] = useState<Error | null>(null)

  useEffect(() => {
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      setRunning(true)
      setError(null)
      let all = { ...NOTHING, nextCursor: from.cursor }
      for (let stretch = 0; stretch < MOST_STRETCHES; stretch += 1) {
        const query = new URLSearchParams(filter)
        query.set('limit', String(PAGE - all.uploads.length))
        if (all.nextCursor !== null) query.set('cursor', all.nextCursor)
        const page = await api.get<SearchPage>(`v1/console/uploads?${query}`, stop.signal)
        all = { ...page, uploads: [...all.uploads, ...page.uploads] }
        setFound(all)
        if (all.uploads.length >= PAGE || page.nextCursor === null) break
      }
    }
    run()
      .catch((failure: unknown) => {
        if (!isAbort(failure)) setError(failure instanceof Error ? failure : null)
      })
      .finally(() => {
        if (!stop.signal.aborted) setRunning(false)
      })
    return () => stop.abort()
  }, [api, filter, from])

  const go = useCallback((cursor: string | null) => setFrom({ cursor }), [])
  return { ...found, isRunning, error, go }
}
