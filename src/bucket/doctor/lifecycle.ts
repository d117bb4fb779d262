/** The bucket's lifecycle and versioning: a net below Berth's own sweeps, which must not catch what is ready. */

import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  PutBucketLifecycleConfigurationCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3'
import { answerInWords } from '../raw-request.ts'
import { isMissing, tryCall } from './call.ts'
import type { Check, Finding, Mended } from './finding.ts'
import type { Patient } from './patient.ts'
import {
  abortRule,
  clearsOldVersions,
  clearsStaging,
  nameOf,
  rulesThatLose,
  rulesTooSoon,
  SHORTEST_STAGING_DAYS,
  wantedRules,
} from './rules.ts'

export const lifecycleCheck = (patient: Patient): Check => ({
  examine: () => examineLifecycle(patient),
  apply: () => applyRules(patient),
})

export const versioningCheck = (patient: Patient): Check => ({
  examine: () => examineVersioning(patient),
  apply: () => applyRules(patient),
})

type Rules = { rules: LifecycleRule[] | null; found: string; isAbsent: boolean }

async function readRules({ settings, bucket }: Patient): Promise<Rules> {
  const called = await tryCall(settings, (client, options) =>
    client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), options),
  )
  const none = called.code === 'NoSuchLifecycleConfiguration'
  const rules = called.output?.Rules ?? (none ? [] : null)
  const names = (rules ?? []).map(nameOf).join(', ')
  const found = rules ? `rules: ${names || 'none'}` : answerInWords(called)
  return { rules, found, isAbsent: isMissing(called) }
}

const NOT_KNOWN = 'Whether the store deletes anything by itself is not known.'
const SETTINGS_MEND =
  'Let the doctor read the settings: S3_ADMIN_ACCESS_KEY_ID with infra/bucket/doctor-policy.json.'

async function examineLifecycle(patient: Patient): Promise<Finding> {
  const { rules, found, isAbsent } = await readRules(patient)
  const row = { check: 'lifecycle', tried: 'to read the lifecycle rules', found }
  if (isAbsent) {
    const means = 'The store has no lifecycle; Berth removes everything by itself.'
    return { ...row, outcome: 'holds', means, mend: null }
  }
  if (!rules) return { ...row, outcome: 'unknown', means: NOT_KNOWN, mend: SETTINGS_MEND }
  return { ...row, ...judgeRules(rules, patient.prefix) }
}

type Judgement = Pick<Finding, 'outcome' | 'means' | 'mend'>

function judgeRules(rules: LifecycleRule[], prefix: string): Judgement {
  const losing = rulesThatLose(rules, prefix)
  if (losing.length > 0) {
    return {
      outcome: 'broken',
      means: `Ready objects vanish: ${losing.map(nameOf).join(', ')} expires ${prefix}objects/.`,
      mend: 'Take the expiry off objects/; use the retention of a profile instead, which knows the records.',
    }
  }
  const soon = rulesTooSoon(rules, prefix)
  if (soon.length > 0) {
    return {
      outcome: 'broken',
      means: `Uploads can be lost while they wait: ${soon.map(nameOf).join(', ')} expires staging/ too soon.`,
      mend: `Let staging/ expire after ${SHORTEST_STAGING_DAYS} days or more.`,
    }
  }
  if (!clearsStaging(rules, prefix)) {
    return {
      outcome: 'weaker',
      means:
        'Berth removes what is left in staging/ by itself; if it is ever gone for good, that stays for ever.',
      mend: 'berth doctor --fix, or apply infra/bucket/lifecycle.json.',
    }
  }
  return { outcome: 'holds', means: 'What Berth should ever leave in staging/ goes.', mend: null }
}

async function examineVersioning(patient: Patient): Promise<Finding> {
  const called = await readVersioning(patient)
  const row = { check: 'versioning', tried: 'to read the versioning', found: answerInWords(called) }
  if (isMissing(called)) return { ...row, ...GONE_AT_ONCE }
  if (!called.output) return { ...row, outcome: 'unknown', means: NOT_KNOWN, mend: SETTINGS_MEND }
  const { Status: status } = called.output
  if (status === undefined) return { ...row, found: 'off', ...GONE_AT_ONCE }
  // Suspended: what was there before still has its versions, and each deletion still leaves a marker.
  const now = status === 'Enabled' ? 'on' : 'suspended'
  const { rules } = await readRules(patient)
  if (rules && clearsOldVersions(rules, patient.prefix)) {
    const means = 'What is deleted can be brought back until its old version expires.'
    return { ...row, found: `${now}, old versions expire`, outcome: 'holds', means, mend: null }
  }
  return {
    ...row,
    found: `${now}, and old versions are kept for ever`,
    outcome: 'weaker',
    means:
      'What callers delete, and what was rejected as infected, stays in the bucket for ever, and is paid for.',
    mend: 'berth doctor --fix, or apply infra/bucket/lifecycle-versioned.json.',
  }
}

const GONE_AT_ONCE = {
  outcome: 'holds',
  means: 'What is deleted is gone at once.',
  mend: null,
} as const

const readVersioning = ({ settings, bucket }: Patient) =>
  tryCall(settings, (client, options) =>
    client.send(new GetBucketVersioningCommand({ Bucket: bucket }), options),
  )

/** Beside the rules that are there; one that loses objects is left for a human to judge. */
async function applyRules(patient: Patient): Promise<Mended> {
  const { rules, found } = await readRules(patient)
  if (!rules) return { refusal: found }
  const versioning = await readVersioning(patient)
  const wanted = wantedRules(patient.prefix, versioning.output?.Status !== undefined)
  const unfinished = abortRule(patient.prefix)
  const own = new Set([...wanted, unfinished].map(({ ID }) => ID))
  const all = [...rules.filter(({ ID }) => !own.has(ID)), ...wanted]
  const whole = await putRules(patient, [...all, unfinished])
  return whole.refusal === null ? whole : putRules(patient, all)
}

async function putRules({ settings, bucket }: Patient, Rules: LifecycleRule[]): Promise<Mended> {
  const command = new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket,
    LifecycleConfiguration: { Rules },
  })
  const put = await tryCall(settings, (client, options) => client.send(command, options))
  return { refusal: put.output ? null : answerInWords(put) }
}
