/** A download as a client does it: through the public address, by the reader, as a file and not a page. */

import { answerInWords, sendRaw } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import { sealedAt, type Patient } from './patient.ts'

export async function examineDownload(patient: Patient): Promise<Finding> {
  const { gate, now, deadline } = patient
  const terms = { filename: 'probe.txt', contentType: 'text/plain', ttlSeconds: 300 }
  const { url } = await gate.presignGet(sealedAt(patient, 'sealed'), terms, now())
  const answer = await sendRaw({ method: 'GET', url, headers: {}, deadline: deadline() })
  const row = {
    check: 'download',
    tried: 'a presigned GET of the copy',
    found: answerInWords(answer),
  }
  if (answer.status !== 200) {
    return {
      ...row,
      outcome: 'broken',
      means: 'Nobody can download what is ready.',
      mend: 'Give the reader the policy infra/bucket/reader-policy.json; if the row slot holds, it is not the address.',
    }
  }
  const disposition = answer.headers['content-disposition'] ?? ''
  if (disposition.startsWith('attachment')) {
    return { ...row, outcome: 'holds', means: 'Downloads are saved, never shown.', mend: null }
  }
  return {
    ...row,
    outcome: 'broken',
    found: `${row.found}, and no Content-Disposition: attachment`,
    means: 'A browser may show what was uploaded under the name of the store.',
    mend: 'The store, or a proxy before it, ignores response-content-disposition: use one that honours it.',
  }
}
