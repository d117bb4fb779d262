import { describe, expect, it } from '@jest/globals'
import {
  inFiles,
  inTemplate,
  inTerraform,
  type PolicyOf,
  type Statement,
} from './support/shipped-policies.ts'

const named = (statements: Statement[], sid: string): Statement | undefined =>
  statements.find(({ Sid }) => Sid === sid)

describe('the policies', () => {
  it.each<PolicyOf>(['signer', 'reader', 'bucket'])(
    'of the %s are the same in infra/bucket, CloudFormation and Terraform: not a statement more or less, or other',
    (who) => {
      const shipped = inFiles(`${who}-policy`)
      expect(shipped.length).toBeGreaterThan(0)
      expect(inTemplate(who)).toEqual(shipped)
      expect(inTerraform(who)).toEqual(shipped)
    },
  )

  it('of the keeper are the same, and its role on AWS reads events and the settings besides', () => {
    const settings = named(inFiles('doctor-policy'), 'ReadTheSettings')
    const [first, ...others] = inFiles('keeper-policy')
    const onAws = [
      first,
      { ...settings, Sid: 'ReadItsSettings' },
      ...others,
      {
        Sid: 'TakeEvents',
        Effect: 'Allow',
        Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
        Resource: ['the queue of events'],
      },
    ]
    expect(inTemplate('keeper')).toEqual(onAws)
    expect(inTerraform('keeper')).toEqual(onAws)
  })

  it('let signer and reader do one thing in one folder', () => {
    const only = (action: string, folder: string) => ({
      Effect: 'Allow',
      Action: [action],
      Resource: [`arn:aws:s3:::BUCKET/*/${folder}/*`, `arn:aws:s3:::BUCKET/${folder}/*`],
    })
    expect(inFiles('signer-policy')).toEqual([
      expect.objectContaining(only('s3:PutObject', 'staging')),
    ])
    expect(inFiles('reader-policy')).toEqual([
      expect.objectContaining(only('s3:GetObject', 'objects')),
    ])
  })

  it('of the doctor on MinIO leave out the actions on CORS alone, which MinIO does not know', () => {
    const withoutCors = ({ Action, ...rest }: Statement): Statement => ({
      ...rest,
      Action: Action.filter((action) => !action.endsWith('CORS')),
    })
    expect(inFiles('doctor-policy-minio')).toEqual(inFiles('doctor-policy').map(withoutCors))
  })

  it('let the keeper copy a version by its name, as the claim does on a versioned bucket', () => {
    expect(named(inFiles('keeper-policy'), 'TakeFromStaging')?.Action).toContain(
      's3:GetObjectVersion',
    )
  })

  it('shorten the life of a slot and never lengthen it', () => {
    const conditions = inFiles('bucket-policy').map(({ Condition }) => Object.keys(Condition ?? {}))
    expect(conditions.flat()).not.toContain('NumericLessThan')
    expect(named(inFiles('bucket-policy'), 'NoOldSlots')).toMatchObject({
      Effect: 'Deny',
      Condition: { NumericGreaterThan: { 's3:signatureAge': '3600000' } },
    })
  })
})
