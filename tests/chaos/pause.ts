/** Waiting for a moment: the run is a matter of time, so here it is the thing itself. */

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

export const pauseUntil = (moment: number): Promise<void> => pause(moment - Date.now())
