/** Ways in which a run could have gone wrong, each planted into the record of a clean one. */

import type { Run } from './check/run.ts'
import {
  only,
  rowIn,
  stepsOf,
  stepOf,
  objectOf,
  callWith,
  shownIn,
  firstSlot,
  told,
  putOf,
  remove,
  change,
} from './find-in-run.ts'

/** The invariant that has to find it, what is wrong, and the change that makes it so. */
export const FAULTS: [string, string, (run: Run) => void][] = [
  [
    'I0',
    'good bytes are rejected',
    (run) => {
      const row = rowIn(run, 'ready')
      Object.assign(row, { state: 'rejected', object: null })
      row.rejection = JSON.stringify({ reason: 'sha256-mismatch' })
    },
  ],
  [
    'I0',
    'an upload is rejected for another reason than the true one',
    (run) => {
      rowIn(run, 'rejected').rejection = JSON.stringify({ reason: 'empty' })
    },
  ],
  [
    'I0',
    'an upload is ready though nothing was ever sent',
    (run) => {
      const { object } = rowIn(run, 'ready')
      Object.assign(rowIn(run, 'expired'), { state: 'ready', object })
    },
  ],
  [
    'I0',
    'an upload expires though its PUT was answered',
    (run) => Object.assign(rowIn(run, 'ready'), { state: 'expired', object: null }),
  ],
  [
    'I0',
    'a withdrawal that was answered is forgotten',
    (run) => Object.assign(rowIn(run, 'canceled'), { state: 'expired' }),
  ],
  [
    'I1',
    'a key is shown before the upload is ready',
    (run) => {
      const { object } = shownIn(callWith(run, told('ready')))
      const early = callWith(run, (call) => call.op === 'issue' && call.outcome === 'ok')
      early.answer = { ...shownIn(early), object }
    },
  ],
  [
    'I1',
    'a staging key is shown outside its slot',
    (run) => {
      const call = callWith(run, told('ready'))
      call.answer = { ...shownIn(call), detail: rowIn(run, 'ready').staging_key }
    },
  ],
  [
    'I1b',
    'a slot is for the key of another upload',
    (run) => {
      const slot = only(firstSlot(run).slot ?? undefined)
      slot.url = slot.url.replace(/staging\/upl_\w/, 'staging/upl_f')
    },
  ],
  [
    'I2',
    'a ready object has other bytes',
    (run) => {
      objectOf(run, rowIn(run, 'ready')).sha256 = 'A'.repeat(43) + '='
    },
  ],
  [
    'I2',
    'a ready object is missing',
    (run) => remove(run.objects, ({ key }) => key === rowIn(run, 'ready').sealed_key),
  ],
  [
    'I2',
    'a ready object is cut short',
    (run) => {
      objectOf(run, rowIn(run, 'ready')).size -= 1
    },
  ],
  [
    'I2',
    'a client is told of other bytes than are recorded',
    (run) => {
      only(shownIn(callWith(run, told('ready'))).object ?? undefined).sha256 = 'other'
    },
  ],
  [
    'I3',
    'an object is written again after it was ready',
    (run) => {
      const row = rowIn(run, 'ready')
      objectOf(run, row).lastModified = stepOf(run, row, 'ready').at + 5_000
    },
  ],
  [
    'I3',
    'a download is of other bytes',
    (run) => {
      callWith(run, ({ op, status }) => op === 'fetch' && status === 200).answer = { sha256: 'x' }
    },
  ],
  [
    'I4',
    'a rejected upload has a final object',
    (run) => {
      const key = `objects/${rowIn(run, 'rejected').id}/${'0'.repeat(32)}`
      run.objects.push({ ...only(run.objects[0]), key })
    },
  ],
  [
    'I4',
    'anybody may read an object',
    (run) => {
      only(run.objects[0]).anonymous = 200
    },
  ],
  [
    'I5',
    'a transition is not a legal one',
    (run) => {
      stepOf(run, rowIn(run, 'ready'), 'received').state = 'rejected'
    },
  ],
  [
    'I6',
    'a version is left out',
    (run) => {
      const step = stepOf(run, rowIn(run, 'ready'), 'verifying')
      remove(run.transitions, (one) => one === step)
    },
  ],
  [
    'I6',
    'the record is ahead of its audit',
    (run) => {
      rowIn(run, 'ready').version += 1
    },
  ],
  [
    'I6',
    'a client is shown an older version than before',
    (run) => {
      const call = callWith(run, told('ready'))
      const later = { ...call, began: (call.ended ?? 0) + 1, ended: (call.ended ?? 0) + 2 }
      run.calls.push({ ...later, answer: { ...shownIn(call), state: 'received', version: 2 } })
    },
  ],
  [
    'I7',
    'a final state is left again',
    (run) => {
      const row = rowIn(run, 'rejected')
      const last = only(stepsOf(run, row).at(-1))
      run.transitions.push({ ...last, version: last.version + 1, state: 'received' })
    },
  ],
  [
    'I7',
    'an upload ends otherwise than a client was told',
    (run) => {
      const { id } = shownIn(callWith(run, told('ready')))
      const row = only(run.uploads.find((one) => one.id === id))
      Object.assign(row, { state: 'expired', object: null })
    },
  ],
  [
    'I8',
    'two leases share a fence',
    (run) => {
      only(run.uploads.find(({ fence }) => fence > 1)).fence -= 1
    },
  ],
  [
    'I8',
    'a lease is taken away before its time',
    (run) => {
      const lost = only(
        run.transitions.find(({ state, cause }) => state === 'received' && cause === 'sweep'),
      )
      const leased = only(
        run.transitions.find(
          ({ upload_id, state }) => upload_id === lost.upload_id && state === 'verifying',
        ),
      )
      Object.assign(lost, { version: leased.version + 1, at: leased.at + 100 })
      remove(run.transitions, (step) => step !== lost && step.version === lost.version)
    },
  ],
  [
    'I12',
    'the record of a 201 is lost',
    (run) => {
      const { id } = rowIn(run, 'expired')
      remove(run.uploads, (row) => row.id === id)
      remove(run.transitions, ({ upload_id }) => upload_id === id)
    },
  ],
  [
    'I12',
    'a record is not what was declared',
    (run) => {
      rowIn(run, 'ready').filename = 'another'
    },
  ],
  [
    'I12',
    'one request makes two records',
    (run) => {
      const row = rowIn(run, 'expired')
      run.uploads.push({ ...row, id: row.id.replace(/.$/, 'x') })
    },
  ],
  [
    'I12',
    'a refused request leaves a record',
    (run) => {
      callWith(run, ({ op, outcome }) => op === 'issue' && outcome === 'ok').outcome = 'fail'
    },
  ],
  [
    'I13',
    'an upload is ready without the scan of its profile',
    (run) => {
      only(run.settings.profiles['default']).scan = 'required'
    },
  ],
  [
    'I14',
    'a ready object is larger than its profile allows',
    (run) => {
      only(run.settings.profiles['default']).maxSize = 10
    },
  ],
  [
    'I14',
    'a ready object is of another size than was reserved',
    (run) => {
      const row = rowIn(run, 'ready')
      change(row, { size: row.size + 1 })
    },
  ],
  [
    'I15',
    'a quota drifts from what is open',
    (run) => {
      only(run.snapshots.at(-1)).kept.slots += 1
    },
  ],
  [
    'I15',
    'more is open than the quota allows',
    (run) => {
      const { kept, counted } = only(run.snapshots.at(-1))
      kept.slots = counted.slots = 1_000_000
    },
  ],
  [
    'I17',
    'there is a sealed object that no record names',
    (run) => {
      const key = `objects/upl_${'0'.repeat(32)}/${'0'.repeat(32)}`
      run.objects.push({ ...only(run.objects[0]), key })
    },
  ],
  [
    'I18',
    'a staging object is left over',
    (run) => run.objects.push({ ...only(run.objects[0]), key: rowIn(run, 'expired').staging_key }),
  ],
  [
    'I18',
    'the sealed copy of a lost attempt is left over',
    (run) => {
      const row = rowIn(run, 'canceled')
      row.sealed_key = `objects/${row.id}/${'0'.repeat(32)}`
      run.objects.push({ ...only(run.objects[0]), key: row.sealed_key })
    },
  ],
  [
    'I20',
    'a key holds what a request said',
    (run) => {
      rowIn(run, 'expired').staging_key = 'staging/report.pdf'
    },
  ],
  [
    'I21',
    'a slot is signed by the keeper',
    (run) => {
      const { signer, keeper } = run.settings.accessKeyIds
      const slot = only(firstSlot(run).slot ?? undefined)
      slot.url = slot.url.replace(signer, keeper)
    },
  ],
  [
    'I22',
    'a signature stands in a log',
    (run) => run.logs.push('X-Amz-Signature=0123456789abcdef'),
  ],
  [
    'I22',
    'an answer holds a secret',
    (run) => {
      callWith(run, told('ready')).answer = { detail: only(run.settings.secrets[0]) }
    },
  ],
  [
    'I23',
    "an answer holds another tenant's data",
    (run) => {
      const call = callWith(run, told('ready'))
      const other = only(run.settings.tenants.find((tenant) => tenant !== call.tenant))
      call.answer = { ...shownIn(call), filename: `of-${other} 1.bin` }
    },
  ],
  [
    'I23',
    "another tenant's upload is found",
    (run) => {
      const call = callWith(run, ({ op, status }) => op === 'get' && status === 404)
      Object.assign(call, { outcome: 'ok', status: 200 })
    },
  ],
  [
    'I24',
    'an upload is stuck in received',
    (run) => Object.assign(rowIn(run, 'ready'), { state: 'received', object: null }),
  ],
  [
    'I24',
    'an upload is over too late',
    (run) => {
      const { id } = only(run.openAtHeal[0])
      const row = only(run.uploads.find((one) => one.id === id))
      only(stepsOf(run, row).at(-1)).at = Math.max(run.settings.healedAt, row.land_by) + 60_000
    },
  ],
  [
    'I25',
    'an event is never looked at',
    (run) => {
      only(run.inbox[0]).state = 'new'
    },
  ],
  [
    'I26',
    'a slot still works after its expiry',
    (run) => {
      const call = callWith(run, putOf('client', 200))
      call.began = (call.sent.put?.expiresAt ?? 0) + 5_000
    },
  ],
  [
    'I26',
    'a slot is refused before its expiry',
    (run) => {
      callWith(run, putOf('client', 200)).status = 403
    },
  ],
  [
    'I27',
    'a second verification comes to another verdict',
    (run) => {
      const row = only(run.uploads.find(({ fence, state }) => fence > 1 && state === 'ready'))
      Object.assign(row, { state: 'rejected', object: null, rejection: '{"reason":"empty"}' })
    },
  ],
]
