/** Handlers one after the other, as one layer of Express: what it does between two costs more than most of ours. */

import type { RequestHandler } from 'express'

/** @param handlers that answer at once or call the next; what they throw is for Express. */
export const inTurn =
  (handlers: readonly RequestHandler[]): RequestHandler =>
  (req, res, next) => {
    let nth = 0
    const step = (problem?: unknown): void => {
      const handler = handlers[nth]
      nth += 1
      if (problem || !handler) next(problem)
      else void handler(req, res, step)
    }
    step()
  }
