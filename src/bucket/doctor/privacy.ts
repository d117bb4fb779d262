/** What somebody without any credential can do. */

import { BODY } from '../breaches.ts'
import { answerInWords, sendRaw, type Answer } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import { sealedAt, stagingAt, type Patient } from './patient.ts'
import { addressOf, folderAddress } from './unsigned.ts'

type Trial = { what: string; try: () => Promise<Answer> }

export async function examinePrivacy(patient: Patient): Promise<Finding> {
  const answers: { what: string; answer: Answer }[] = []
  for (const { what, try: run } of await trialsOf(patient)) {
    answers.push({ what, answer: await run() })
  }
  const open = answers.filter(({ answer }) => answer.status >= 200 && answer.status < 300)
  const row = {
    check: 'anonymous',
    tried: `without any signature: ${answers.map(({ what }) => what).join(', ')}`,
    found: answers.map(({ answer }) => answerInWords(answer)).join(', '),
  }
  if (open.length === 0) {
    return { ...row, outcome: 'holds', means: 'Nothing is open to everybody.', mend: null }
  }
  return {
    ...row,
    outcome: 'broken',
    means: `The bucket is public: everybody can ${open.map(({ what }) => what).join(' and ')}.`,
    mend: 'Take the public policy or ACL off the bucket. AWS: put-public-access-block with all four. MinIO: mc anonymous set none ALIAS/BUCKET.',
  }
}

async function trialsOf(patient: Patient): Promise<Trial[]> {
  const { deadline } = patient
  const staged = await addressOf(patient, stagingAt(patient, '1'))
  const sealed = await addressOf(patient, sealedAt(patient, 'sealed'))
  const get = (url: string) => sendRaw({ method: 'GET', url, headers: {}, deadline: deadline() })
  const put = (url: string) =>
    sendRaw({
      method: 'PUT',
      url,
      headers: { 'content-length': String(BODY.length) },
      body: BODY,
      deadline: deadline(),
    })
  return [
    { what: 'read what arrived', try: () => get(staged) },
    { what: 'read what is ready', try: () => get(sealed) },
    { what: 'write to staging/', try: () => put(`${staged}-anonymous`) },
    { what: 'write to objects/', try: () => put(`${sealed}-anonymous`) },
    { what: 'list the bucket', try: async () => get(await folderAddress(patient)) },
  ]
}
