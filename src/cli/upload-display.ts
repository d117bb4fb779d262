/** What `berth upload` shows: bars that move on a terminal, JSON lines for everybody else. */

import { UploadError, type Progress, type Upload } from '../client/index.ts'
import { barOf, withNews, type Shown } from './upload-bar.ts'

export type Display = {
  progress: (path: string, progress: Progress) => void
  ended: (path: string, upload: Upload) => void
  failed: (path: string, error: Error) => void
  close: () => void
}

export type Terminal = {
  isTTY?: boolean
  columns?: number
  write: (text: string) => unknown
}

const REDRAW_MS = 100
const SAY_EVERY_MS = 1_000

export const displayFor = (out: Terminal): Display => (out.isTTY === true ? bars(out) : lines(out))

function lines(out: Terminal): Display {
  const said = new Map<string, { stage: string; at: number }>()
  const say = (line: object): void => void out.write(`${JSON.stringify(line)}\n`)
  return {
    progress: (file, { stage, sent, total, id }) => {
      const last = said.get(file)
      if (last?.stage === stage && Date.now() - last.at < SAY_EVERY_MS) return
      said.set(file, { stage, at: Date.now() })
      say({ file, event: stage, id, sent, total })
    },
    ended: (file, { id, state, size, object }) =>
      say({ file, event: state, id, size, sha256: object?.sha256 ?? null }),
    failed: (file, error) => say({ file, event: 'failed', ...told(error) }),
    close: () => undefined,
  }
}

function told(error: Error) {
  if (!(error instanceof UploadError)) return { error: error.message }
  const { message, code, problem, store, upload } = error
  return { error: message, code, problem, store, rejection: upload?.rejection ?? null }
}

/** One row per file; those that are over stay above the ones that move. */
function bars(out: Terminal): Display {
  const moving = new Map<string, Shown>()
  let drawn = 0
  const draw = (finished = ''): void => {
    const rows = [...moving.values()].map((shown) => barOf(shown, Date.now(), out.columns || 80))
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    out.write(`${up}\r\u001b[J${finished}${rows.map((row) => `${row}\n`).join('')}`)
    drawn = rows.length
  }
  const timer = setInterval(draw, REDRAW_MS)
  const end = (path: string, text: string): void => {
    moving.delete(path)
    draw(`${text}\n`)
  }
  return {
    progress: (path, progress) => {
      const shown = moving.get(path) ?? { path, progress, since: Date.now(), from: progress.sent }
      moving.set(path, withNews(shown, progress, Date.now()))
    },
    ended: (path, { id, state }) => end(path, `${path}: ${state} (${id})`),
    failed: (path, error) => end(path, `${path}: ${error.message}`),
    close: () => {
      clearInterval(timer)
      draw()
    },
  }
}
