/** The files, each with its progress, its way through the states, and what can be done to it. */

import { durationInWords, sizeInWords } from '../shared/words.ts'
import { isOver, mayPause, mayResume, type Item, type Phase } from './item.ts'
import type { Queue } from './queue.ts'
import { Way } from './way.tsx'

type Shown = { items: readonly Item[]; queue: Queue }

export const FileList = ({ items, queue }: Shown) => (
  <ul class="files" aria-label="Files">
    {items.map((item) => (
      <FileRow key={item.key} item={item} queue={queue} />
    ))}
  </ul>
)

function FileRow({ item, queue }: { item: Item; queue: Queue }) {
  const { file, phase, sent, said, ended } = item
  return (
    <li class={`file ${phase}`}>
      <div class="line">
        <p>
          <strong class="name">{file.name}</strong>{' '}
          <span class="soft size">{sizeInWords(file.size)}</span>
        </p>
        <Actions item={item} queue={queue} />
      </div>
      {!isOver(item) && (
        <progress
          max={Math.max(1, file.size)}
          value={sent}
          aria-label={`Progress of ${file.name}`}
        />
      )}
      <Way item={item} />
      <p class={said === null ? 'soft words' : 'words bad'}>{said ?? inWords(item)}</p>
      {phase === 'ready' && ended?.object && <p class="code soft">SHA-256 {ended.object.sha256}</p>}
    </li>
  )
}

function Actions({ item, queue }: { item: Item; queue: Queue }) {
  const { key, file, downloadUrl } = item
  return (
    <div class="actions">
      {downloadUrl !== null && (
        <a
          class="button"
          href={downloadUrl}
          aria-label={`Download ${file.name}`}
          onClick={(event) => {
            event.preventDefault()
            queue.download(key)
          }}
        >
          Download
        </a>
      )}
      <PauseOrResume item={item} queue={queue} />
      {!isOver(item) && (
        <button type="button" aria-label={`Cancel ${file.name}`} onClick={() => queue.cancel(key)}>
          Cancel
        </button>
      )}
    </div>
  )
}

/** One button for both, so that it keeps the focus when it is pressed. */
function PauseOrResume({ item, queue }: { item: Item; queue: Queue }) {
  const { key, file, phase } = item
  const isGoing = mayPause(item)
  if (!isGoing && !mayResume(item)) return null
  const word = isGoing ? 'Pause' : phase === 'stopped' ? 'Try again' : 'Resume'
  const act = isGoing ? queue.pause : queue.resume
  return (
    <button type="button" aria-label={`${word}: ${file.name}`} onClick={() => act(key)}>
      {word}
    </button>
  )
}

const PHASES: Record<Phase, string> = {
  waiting: 'Waits for its turn.',
  asking: 'Asks for a slot…',
  uploading: 'Uploads…',
  paused: 'Paused. What the store has not taken yet is sent when it goes on.',
  offline: 'You are offline. It goes on by itself once the network is back.',
  checking: 'All bytes are there. Berth verifies its own copy of them…',
  ready: 'Ready: what is served is what was verified.',
  stopped: 'Stopped.',
  refused: 'Refused.',
  canceled: 'Canceled: nothing is kept.',
}

function inWords({ phase, sent, rate, file }: Item): string {
  if (phase !== 'uploading' || rate === null || rate <= 0) return PHASES[phase]
  const left = durationInWords(((file.size - sent) / rate) * 1_000)
  return `${sizeInWords(sent)} of ${sizeInWords(file.size)}, ${sizeInWords(rate)} a second, ${left} left.`
}
