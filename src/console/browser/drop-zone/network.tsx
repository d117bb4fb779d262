/** Says that the network is gone, also where no file is on its way just now. */

import { useEffect, useState } from 'preact/hooks'

export function Network() {
  const isOnline = useOnline()
  return (
    <div role="status">
      {!isOnline && (
        <p class="notice warn">
          You are offline. What is under way goes on by itself once the network is back.
        </p>
      )}
    </div>
  )
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const changed = (): void => setOnline(navigator.onLine)
    addEventListener('online', changed)
    addEventListener('offline', changed)
    return () => {
      removeEventListener('online', changed)
      removeEventListener('offline', changed)
    }
  }, [])
  return isOnline
}
