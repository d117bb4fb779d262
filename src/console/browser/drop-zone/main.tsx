/** The development page: files dropped here go through the real API to the object store. */

import { render } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { createBerth } from './berth.ts'
import type { Item } from './item.ts'
import { FileList } from './file-list.tsx'
import { createQueue } from './queue.ts'
import { Network } from './network.tsx'
import { Summary } from './summary.tsx'
import { Unfinished } from './unfinished.tsx'
import { Zone } from './zone.tsx'

function DropZone({ apiKey }: { apiKey: string }) {
  const [items, setItems] = useState<readonly Item[]>([])
  const berth = useMemo(() => createBerth(apiKey), [apiKey])
  const queue = useMemo(() => createQueue(berth, setItems), [berth])
  return (
    <main>
      <header>
        <h1>Berth</h1>
        <p class="soft">
          Files go straight to the object store. Berth takes what arrived out of reach, verifies it,
          and only then calls it ready.
        </p>
      </header>
      <Zone add={queue.add} />
      <Network />
      <Unfinished berth={berth} items={items} />
      <Summary items={items} queue={queue} />
      <FileList items={items} queue={queue} />
      <footer class="soft">
        <a href="docs">API</a> · <a href="console">Console</a>
      </footer>
    </main>
  )
}

const root = document.querySelector('#drop-zone')
const key = document.querySelector<HTMLMetaElement>('meta[name="berth-key"]')?.content
if (root && key !== undefined) render(<DropZone apiKey={key} />, root)
