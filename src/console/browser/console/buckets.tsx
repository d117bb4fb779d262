/** What each bucket itself refuses, as a probe has shown. */

import type { Promises } from '../shared/records.ts'
import type { Overview } from './answers.ts'
import { Failure, Moment, Title, Waiting, Wide } from './parts.tsx'
import { useCall } from './use-call.ts'

const PROMISES: [Promises, string][] = [
  ['size', 'Exact size'],
  ['contentType', 'Content type'],
  ['sha256', 'SHA-256'],
  ['singleUse', 'One use'],
]

export function BucketsView() {
  const { answer, error, again } = useCall<Overview>('v1/console/overview')
  return (
    <>
      <Title of="Buckets">Buckets</Title>
      <p class="soft">
        Who keeps each promise of a slot. Either way, no broken promise becomes ready: what the
        store lets pass, Berth rejects when it verifies.
      </p>
      {error && <Failure error={error} again={again} />}
      {answer ? <Capabilities buckets={answer.buckets} /> : !error && <Waiting />}
    </>
  )
}

function Capabilities({ buckets }: Pick<Overview, 'buckets'>) {
  if (buckets.length === 0) {
    return (
      <p role="status">
        No bucket has been probed yet. Until then Berth verifies everything itself.
      </p>
    )
  }
  return (
    <Wide label="Capabilities of each bucket">
      <table>
        <thead>
          <tr>
            <th scope="col">Bucket</th>
            {PROMISES.map(([name, label]) => (
              <th key={name} scope="col">
                {label}
              </th>
            ))}
            <th scope="col">Probed</th>
          </tr>
        </thead>
        <tbody>
          {buckets.map((each) => (
            <Row key={each.bucket} of={each} />
          ))}
        </tbody>
      </table>
    </Wide>
  )
}

const Row = ({ of: { bucket, guarantees, probedAt } }: { of: Overview['buckets'][number] }) => (
  <tr>
    <th scope="row">{bucket}</th>
    {PROMISES.map(([name]) => (
      <td key={name}>
        <Keeper by={guarantees[name]} />
      </td>
    ))}
    <td class="moment">
      <Moment at={probedAt} />
    </td>
  </tr>
)

const Keeper = ({ by }: { by: 'storage' | 'verification' }) =>
  by === 'storage' ? (
    <span class="state ready">the store refuses</span>
  ) : (
    <span class="state expired">Berth rejects</span>
  )
