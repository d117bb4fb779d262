/** The whole examination of a bucket, in order: what everything else rests on comes first. */

import type { Guarantees } from '../../upload/guarantees.ts'
import { tryPromises } from '../breaches.ts'
import { clearFolder, guaranteesOf } from '../probe.ts'
import { examineClaim, examineCondition } from './claim.ts'
import { examineClock } from './clock.ts'
import { corsCheck } from './cors.ts'
import { examineDownload } from './download.ts'
import type { Check, Finding } from './finding.ts'
import { examineForgery } from './forgery.ts'
import { lifecycleCheck, versioningCheck } from './lifecycle.ts'
import { notificationCheck } from './notification.ts'
import { examineParts } from './parts.ts'
import type { Patient } from './patient.ts'
import { examinePrivacy } from './privacy.ts'
import { examineReach } from './reach.ts'
import { examineRights } from './rights.ts'
import { examineExpiry, readPromises, readRightPut } from './slots.ts'

export type Examination = {
  findings: Finding[]
  /** Null: nothing can be said. */
  guarantees: Guarantees | null
  /** Applied now, by the check's name: null, or why the store refused. */
  applied: Map<string, string | null>
}

/** @param fix applies the settings that do not hold, and looks again. Leaves no object behind. */
export async function examineBucket(patient: Patient, fix: boolean): Promise<Examination> {
  const reach = await examineReach(patient)
  const clock = await examineClock(patient)
  const applied = new Map<string, string | null>()
  if (reach.outcome === 'broken') return { findings: [reach, clock], guarantees: null, applied }
  try {
    const { findings, guarantees } = await examineObjects(patient)
    const settings = await examineSettings(patient, fix, applied)
    return { findings: [reach, clock, ...findings, ...settings], guarantees, applied }
  } finally {
    await clear(patient)
  }
}

async function examineObjects(patient: Patient) {
  const probing = { bucket: patient.bucket, folder: patient.folder, now: patient.now }
  const tried = await tryPromises(patient.gate, probing, patient.deadline())
  const right = readRightPut(patient, tried)
  const promises = readPromises(tried)
  // Without a probe in staging/ there is nothing that these could be tried on.
  if (right.outcome === 'broken') return { findings: [right, ...promises], guarantees: null }
  const findings = [
    right,
    ...promises,
    await examineExpiry(patient),
    await examineParts(patient),
    await examineClaim(patient),
    await examineCondition(patient),
    await examineDownload(patient),
    await examinePrivacy(patient),
    await examineRights(patient, 'signer'),
    await examineRights(patient, 'reader'),
    await examineForgery(patient),
  ]
  return { findings, guarantees: guaranteesOf(tried) }
}

async function examineSettings(
  patient: Patient,
  fix: boolean,
  applied: Map<string, string | null>,
): Promise<Finding[]> {
  const checks = [corsCheck, lifecycleCheck, versioningCheck, notificationCheck]
  const findings: Finding[] = []
  for (const make of checks) findings.push(await runCheck(make(patient), fix, applied))
  return findings
}

async function runCheck(
  { examine, apply }: Check,
  fix: boolean,
  applied: Map<string, string | null>,
): Promise<Finding> {
  const before = await examine()
  const isWell = before.outcome === 'holds' || before.outcome === 'unknown'
  if (!fix || !apply || isWell) return before
  const { refusal } = await apply()
  applied.set(before.check, refusal)
  return refusal === null ? examine() : before
}

async function clear({ gate, bucket, folder, sealedFolder, now }: Patient): Promise<void> {
  await clearFolder(gate, { bucket, folder, now })
  await clearFolder(gate, { bucket, folder: sealedFolder, now })
}
