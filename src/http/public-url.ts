/** The address under which clients reach Berth, in front of every path that an answer names. */

import type { Express, Response } from 'express'

const SETTING = 'publicUrl'

/** @param publicUrl null: answers name paths alone. */
export function setPublicUrl(app: Express, publicUrl: string | null): void {
  app.locals[SETTING] = (publicUrl === null ? '' : new URL(publicUrl).href).replace(/\/+$/, '')
}

/** Empty, or without a slash at its end. */
export const publicUrlOf = (res: Response): string => String(res.app.locals[SETTING])

/** @param path begins with a slash. */
export const addressOf = (res: Response, path: string): string => `${publicUrlOf(res)}${path}`
