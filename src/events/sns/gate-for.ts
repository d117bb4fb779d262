/** The SNS gate as configured, with the public authorities and the real SNS behind it. */

import { publicRoots } from './certificate-chain.ts'
import { createConfirm } from './confirm.ts'
import { fetchCertificate } from './fetch-certificate.ts'
import { createSnsGate, type SnsGate } from './gate.ts'

export type SnsConfig = {
  topicArns: readonly string[]
  acceptVersion1: boolean
  /** Null: AWS. */
  endpoint: string | null
}

/** Null when no topic is configured: then nobody may post. */
export function snsGateFor(config: SnsConfig, now: () => Date): SnsGate | null {
  const { topicArns, acceptVersion1, endpoint } = config
  if (topicArns.length === 0) return null
  return createSnsGate({
    topicArns,
    acceptVersion1,
    now,
    fetchCertificate,
    trust: () => ({ roots: publicRoots(), fetchIssuer: fetchCertificate }),
    confirm: createConfirm(endpoint),
  })
}
