/** This machine's clock against the store's, from an answer that needs no signature. */

import { answerInWords, sendRaw } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import type { Patient } from './patient.ts'

/** From 15 minutes on stores refuse every signature; URLs die early or live long before. */
const TOLERATED_SECONDS = 60

export async function examineClock({ config, now, deadline }: Patient): Promise<Finding> {
  const url = config.endpoint ?? `https://s3.${config.region}.amazonaws.com`
  const answer = await sendRaw({ method: 'GET', url, headers: {}, deadline: deadline() })
  const told = Date.parse(answer.headers.date ?? '')
  const row = { check: 'clock', tried: `the Date of an answer of ${url}` }
  if (Number.isNaN(told)) {
    return {
      ...row,
      outcome: 'unknown',
      found: answer.status === 0 ? answerInWords(answer) : 'an answer without a Date',
      means: 'Whether slots live as long as they say is not known.',
      mend: 'Compare the clock with NTP by hand: chronyc tracking.',
    }
  }
  const seconds = Math.round((now().getTime() - told) / 1000)
  const found = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`
  if (Math.abs(seconds) <= TOLERATED_SECONDS) {
    return { ...row, found, outcome: 'holds', means: 'Slots live as long as they say.', mend: null }
  }
  return {
    ...row,
    found,
    outcome: 'broken',
    means: 'Slots die early or live long; from 15 minutes on the store refuses every one.',
    mend: 'Set the clock that is wrong, usually this one, and keep it right by NTP.',
  }
}
