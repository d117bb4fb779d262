/** All uploads: searched, filtered, page by page. */

import { useState } from 'preact/hooks'
import type { Upload } from '../shared/records.ts'
import { momentInWords, sizeInWords } from '../shared/words.ts'
import { Failure, Moment, StateLabel, Title, Wide } from './parts.tsx'
import { addressOf } from './route.ts'
import { SearchForm } from './search-form.tsx'
import { useSearch, type Search } from './use-search.ts'

export function UploadsView({ query }: { query: URLSearchParams }) {
  const search = useSearch(filterOf(query))
  return (
    <>
      <Title of="Uploads">Uploads</Title>
      <SearchForm query={query} />
      {search.error && <Failure error={search.error} />}
      <p role="status" class="soft">
        {inWords(search)}
      </p>
      {search.uploads.length > 0 && <UploadTable uploads={search.uploads} />}
      <Pager search={search} />
    </>
  )
}

/** The form's fields -> those of the call. Days are the reader's own. */
function filterOf(query: URLSearchParams): string {
  const filter = new URLSearchParams()
  for (const name of ['text', 'state', 'profile']) {
    const value = query.get(name)
    if (value !== null && value !== '') filter.set(name, value)
  }
  const [from, to] = [query.get('from'), query.get('to')]
  if (from) filter.set('createdAfter', new Date(`${from}T00:00:00`).toISOString())
  if (to) filter.set('createdBefore', new Date(`${to}T23:59:59.999`).toISOString())
  return filter.toString()
}

function inWords({ uploads, isRunning, searchedBackTo, error }: Search): string {
  if (error) return ''
  const found = uploads.length === 1 ? '1 upload' : `${uploads.length} uploads`
  const back = searchedBackTo === null ? '' : `, looked back to ${momentInWords(searchedBackTo)}`
  if (isRunning) return `Searching… ${found}${back}`
  if (uploads.length === 0) return `Nothing found${back}.`
  return `${found} on this page${back}.`
}

const UploadTable = ({ uploads }: { uploads: Upload[] }) => (
  <Wide label="Uploads">
    <table>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">State</th>
          <th scope="col">Why</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col">Profile</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {uploads.map((upload) => (
          <Row key={upload.id} upload={upload} />
        ))}
      </tbody>
    </table>
  </Wide>
)

const Row = ({ upload }: { upload: Upload }) => (
  <tr>
    <th scope="row" class="file">
      <a href={addressOf(`uploads/${upload.id}`)}>{upload.filename}</a>
      <span class="code soft">{upload.id}</span>
    </th>
    <td>
      <StateLabel state={upload.state} />
    </td>
    <td>{upload.rejection?.reason ?? ''}</td>
    <td class="number">{sizeInWords(upload.size)}</td>
    <td>{upload.profile}</td>
    <td class="moment">
      <Moment at={upload.createdAt} />
    </td>
  </tr>
)

function Pager({ search }: { search: Search }) {
  const { nextCursor, searchedBackTo, isRunning, go } = search
  const [before, setBefore] = useState<(string | null)[]>([])
  const [here, setHere] = useState<string | null>(null)
  const older = (): void => {
    setBefore([...before, here])
    setHere(nextCursor)
    go(nextCursor)
  }
  const newer = (): void => {
    const cursor = before.at(-1) ?? null
    setBefore(before.slice(0, -1))
    setHere(cursor)
    go(cursor)
  }
  if (before.length === 0 && nextCursor === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" disabled={before.length === 0 || isRunning} onClick={newer}>
        ← Newer
      </button>
      <span class="soft">Page {before.length + 1}</span>
      <button type="button" disabled={nextCursor === null || isRunning} onClick={older}>
        {searchedBackTo === null ? 'Older →' : 'Search further back →'}
      </button>
    </nav>
  )
}
