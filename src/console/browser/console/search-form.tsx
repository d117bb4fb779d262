/** What to look for; it becomes part of the address, so that a search can be sent to a colleague. */

import { addressOf } from './route.ts'

const STATES = [
  'pending',
  'received',
  'verifying',
  'ready',
  'rejected',
  'expired',
  'canceled',
  'failed',
  'deleted',
]

const FIELDS = ['text', 'state', 'profile', 'from', 'to']

export function SearchForm({ query }: { query: URLSearchParams }) {
  const value = (name: string): string => query.get(name) ?? ''
  return (
    <form class="search card" role="search" onSubmit={look}>
      <div class="field broad">
        <label for="text">File name, subject, metadata, or an id</label>
        <input id="text" name="text" type="search" maxLength={200} defaultValue={value('text')} />
      </div>
      <StateChoice chosen={value('state')} />
      <div class="field">
        <label for="profile">Profile</label>
        <input
          id="profile"
          name="profile"
          pattern="[a-z0-9\-]{1,40}"
          defaultValue={value('profile')}
        />
      </div>
      <div class="field">
        <label for="from">Created from</label>
        <input id="from" name="from" type="date" defaultValue={value('from')} />
      </div>
      <div class="field">
        <label for="to">to</label>
        <input id="to" name="to" type="date" defaultValue={value('to')} />
      </div>
      <div class="actions">
        <button class="main">Search</button>
        <a class="button" href="#/uploads">
          Clear
        </a>
      </div>
    </form>
  )
}

const StateChoice = ({ chosen }: { chosen: string }) => (
  <div class="field">
    <label for="state">State</label>
    <select id="state" name="state" defaultValue={chosen}>
      <option value="">any</option>
      {STATES.map((state) => (
        <option key={state} selected={state === chosen}>
          {state}
        </option>
      ))}
    </select>
  </div>
)

function look(event: SubmitEvent): void {
  event.preventDefault()
  const data = new FormData(event.currentTarget as HTMLFormElement)
  const said = FIELDS.map((name) => [name, textOf(data.get(name))] as const)
  location.hash = addressOf('uploads', Object.fromEntries(said))
}

const textOf = (value: FormDataEntryValue | null): string =>
  typeof value === 'string' ? value.trim() : ''
