/** One small upload from slot to download, and what caused each of its steps. */

import { expect } from '@jest/globals'
import { call, untilFinal, type Berth } from '../support/berth.ts'
import { PNG, sha256Of } from '../support/uploads.ts'
import { download, put } from '../support/world.ts'

export async function uploadOnce(berth: Pick<Berth, 'url' | 'key'>): Promise<string[]> {
  const body = { filename: 'pixel.png', contentType: 'image/png', size: PNG.length }
  const issued = await call(berth, 'POST', '/v1/uploads', body)
  if (!issued.slot) throw new Error('no slot')
  expect(await put(issued.slot, PNG)).toBe(200)
  expect(await put(issued.slot, PNG)).toBe(412)

  const ended = await untilFinal(berth, issued.id)
  expect(ended).toMatchObject({ state: 'ready', object: { sha256: sha256Of(PNG) } })
  const { url } = await call<{ url: string }>(berth, 'GET', `/v1/uploads/${issued.id}/download`)
  expect(sha256Of((await download(url)).bytes)).toBe(ended.object?.sha256)

  type History = { history: { cause: string }[] }
  const { history } = await call<History>(berth, 'GET', `/v1/uploads/${issued.id}/history`)
  return history.map(({ cause }) => cause)
}
