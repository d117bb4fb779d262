/** The frame around the views: where one is, and the ways from there. */

import type { ComponentChild } from 'preact'
import { BucketsView } from './buckets.tsx'
import { DeadLettersView } from './dead-letters.tsx'
import { EventsView } from './events.tsx'
import { OverviewView } from './overview.tsx'
import { useRoute, type Route } from './route.ts'
import { useSession } from './session.tsx'
import { UploadView } from './upload.tsx'
import { UploadsView } from './uploads.tsx'

const VIEWS = [
  ['', 'Overview'],
  ['uploads', 'Uploads'],
  ['dead-letters', 'Dead letters'],
  ['events', 'Events'],
  ['buckets', 'Buckets'],
] as const

export function Shell() {
  const { tenant, signOut } = useSession()
  const route = useRoute()
  const here = route.path[0] ?? ''
  return (
    <>
      <a class="skip" href="#content" onClick={toContent}>
        To the content
      </a>
      <header class="top">
        <p class="brand">
          Berth <span class="soft">{tenant}</span>
        </p>
        <nav aria-label="Views">
          <ul>
            {VIEWS.map(([path, name]) => (
              <li key={path}>
                <a href={`#/${path}`} aria-current={path === here ? 'page' : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <button type="button" onClick={() => signOut()}>
          Sign out
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {viewOf(route)}
      </main>
    </>
  )
}

/** The part after the # is the address here, so the jump is made by hand. */
function toContent(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#content h1')?.focus()
}

function viewOf({ path, query }: Route): ComponentChild {
  const [view, id] = path
  if (view === undefined) return <OverviewView />
  if (view === 'uploads' && id !== undefined) return <UploadView key={id} id={id} />
  if (view === 'uploads') return <UploadsView key={query.toString()} query={query} />
  if (view === 'dead-letters') return <DeadLettersView />
  if (view === 'events') return <EventsView />
  if (view === 'buckets') return <BucketsView />
  return <p>There is no such view.</p>
}
