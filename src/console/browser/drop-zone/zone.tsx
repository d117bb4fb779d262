/** Where files are dropped or chosen: the whole page takes a drop, the field in it the keyboard. */

import { useEffect, useRef, useState } from 'preact/hooks'

type Add = (files: readonly File[]) => void

export function Zone({ add }: { add: Add }) {
  const { isOver, said } = useDrops(add)
  const field = useRef<HTMLInputElement>(null)
  const choose = (): void => {
    const { current } = field
    if (!current?.files) return
    add([...current.files])
    // So that the same file can be chosen again.
    current.value = ''
  }
  return (
    <>
      <label class={isOver ? 'zone over' : 'zone'}>
        <svg width="40" height="40" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 16V4m0 0-4.5 4.5M12 4l4.5 4.5M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4" />
        </svg>
        <span class="call">Drop files here, or choose some</span>
        <input ref={field} id="choose" class="hidden" type="file" multiple onChange={choose} />
      </label>
      <p role="status" class="said">
        {said}
      </p>
    </>
  )
}

function useDrops(add: Add) {
  const [isOver, setOver] = useState(false)
  const [said, setSaid] = useState('')
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      setOver(false)
      const { files, folders } = dropped(event.dataTransfer)
      setSaid(folders > 0 ? 'Folders are not taken: drop the files in them.' : '')
      add(files)
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [add])
  return { isOver, said }
}

function dropped(data: DataTransfer | null): { files: File[]; folders: number } {
  const entries = [...(data?.items ?? [])].filter(({ kind }) => kind === 'file')
  const isFolder = (entry: DataTransferItem): boolean =>
    entry.webkitGetAsEntry()?.isDirectory === true
  const files = entries.filter((entry) => !isFolder(entry)).map((entry) => entry.getAsFile())
  return {
    files: files.filter((file) => file !== null),
    folders: entries.filter(isFolder).length,
  }
}
