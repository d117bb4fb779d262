/** Files that an earlier visit did not finish: pages may not open them again by themselves. */

import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Upload } from '../shared/records.ts'
import { sizeInWords } from '../shared/words.ts'
import type { Berth } from './berth.ts'
import type { Item } from './item.ts'
import { forget, listLeftOver } from './left-over.ts'

export function Unfinished({ berth, items }: { berth: Berth; items: readonly Item[] }) {
  const [uploads, cancel] = useLeftOver(berth)
  const shown = uploads.filter(({ id }) => !items.some((item) => item.id === id))
  if (shown.length === 0) return null
  return (
    <section class="unfinished" aria-labelledby="unfinished">
      <h2 id="unfinished">Not finished before this page was loaded</h2>
      <p class="soft">Choose the same file again, and only what is missing is sent.</p>
      <ul>
        {shown.map(({ id, filename, size }) => (
          <li key={id} class="line">
            <p>
              <strong class="name">{filename}</strong>{' '}
              <span class="soft size">{sizeInWords(size)}</span>
            </p>
            <button type="button" aria-label={`Cancel ${filename}`} onClick={() => cancel(id)}>
              Cancel
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function useLeftOver(berth: Berth) {
  const [uploads, setUploads] = useState<Upload[]>([])
  useEffect(() => {
    // A help and no more: without it the files are resumed all the same.
    listLeftOver(berth.api).then(setUploads, () => undefined)
  }, [berth])
  const cancel = useCallback(
    (id: string) => {
      forget(id)
      setUploads((all) => all.filter((upload) => upload.id !== id))
      // Berth forgets an unused slot by itself, so a call that fails does no harm.
      void berth.uploader.cancel(id).catch(() => undefined)
    },
    [berth],
  )
  return [uploads, cancel] as const
}
