/** The statements of infra/bucket, of the CloudFormation template and of Terraform, in one form. */

import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

type Words = string | string[]

/** As IAM has it; the bucket is called BUCKET, and lists have an order. */
export type Statement = {
  Sid: string
  Effect: string
  Principal?: unknown
  Action: string[]
  Resource?: string[]
  NotResource?: string[]
  Condition?: Record<string, Record<string, string>>
}

export type PolicyOf = 'signer' | 'reader' | 'keeper' | 'bucket'

type Written = Omit<Statement, 'Action' | 'Resource' | 'NotResource' | 'Condition'> & {
  Action: Words
  Resource?: Words
  NotResource?: Words
  Condition?: Record<string, Record<string, unknown>>
}

const BUCKET = 'arn:aws:s3:::BUCKET'
const QUEUE = 'the queue of events'

const sorted = (words: Words): string[] => [words].flat().sort()

const inOneForm = (given: Written): Statement => {
  const { Resource, NotResource, Condition, ...rest } = given
  return {
    ...rest,
    Action: sorted(given.Action),
    ...(Resource !== undefined && { Resource: sorted(Resource) }),
    ...(NotResource !== undefined && { NotResource: sorted(NotResource) }),
    ...(Condition && { Condition: withWords(Condition) }),
  }
}

/** Numbers and booleans are words in a policy. */
const withWords = (condition: Record<string, Record<string, unknown>>) =>
  JSON.parse(
    JSON.stringify(condition, (_key, value: unknown) =>
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
    ),
  ) as Record<string, Record<string, string>>

/** @param file by its name, without .json. */
export const inFiles = (file: string): Statement[] =>
  (
    JSON.parse(readFileSync(`infra/bucket/${file}.json`, 'utf8')) as { Statement: Written[] }
  ).Statement.map(inOneForm)

type Template = {
  Parameters: Record<string, { Default: unknown }>
  Resources: Record<
    string,
    { Properties: { Policies?: { PolicyDocument: Document }[]; PolicyDocument?: Document } }
  >
}
type Document = { Statement: Written[] }

const RESOURCES: Record<PolicyOf, string> = {
  signer: 'Signer',
  reader: 'Reader',
  keeper: 'Keeper',
  bucket: 'BucketPolicy',
}

export function inTemplate(who: PolicyOf): Statement[] {
  const text = readFileSync('infra/aws/berth.yaml', 'utf8')
  // !GetAtt and !Ref come as the name that they are given.
  const template = parse(text, { logLevel: 'silent' }) as Template
  const longest = String(template.Parameters['LongestSlotMilliseconds']?.Default)
  const { Policies = [], PolicyDocument } = template.Resources[RESOURCES[who]]?.Properties ?? {}
  const documents = [...Policies.map((one) => one.PolicyDocument), PolicyDocument]
  const named = JSON.stringify(documents.flatMap((one) => one?.Statement ?? []))
    .replaceAll('${Bucket.Arn}', BUCKET)
    .replaceAll('"Bucket.Arn"', JSON.stringify(BUCKET))
    .replaceAll('"Events.Arn"', JSON.stringify(QUEUE))
    .replaceAll('"LongestSlotMilliseconds"', JSON.stringify(longest))
  return (JSON.parse(named) as Written[]).map(inOneForm)
}

export function inTerraform(who: PolicyOf): Statement[] {
  const files = readdirSync('infra/terraform').filter((name) => name.endsWith('.tf'))
  const text = files.map((name) => readFileSync(`infra/terraform/${name}`, 'utf8')).join('\n')
  const [, document = ''] =
    new RegExp(`^data "aws_iam_policy_document" "${who}" \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text) ??
    []
  const blocks = [...document.matchAll(/^ {2}statement \{\n([\s\S]*?)^ {2}\}/gm)]
  return blocks.map(([, block = '']) => statementOf(block, valueIn(text)))
}

type Value = (expression: string) => string[]

/** What an expression of the module comes to; only such as its policies are written in. */
function valueIn(text: string): Value {
  const local = (name: string): string =>
    new RegExp(`^ {2}${name} += (.+)$`, 'm').exec(text)?.[1] ?? `no local ${name}`
  const longest = /"longest_slot_milliseconds"[\s\S]*?default += (\d+)/.exec(text)?.[1] ?? ''
  return (expression) => {
    const json = expression
      .replace(/local\.(staging|objects)/g, (_found, name: string) => local(name))
      .replaceAll('${local.bucket_arn}', BUCKET)
      .replaceAll('local.bucket_arn', JSON.stringify(BUCKET))
      .replaceAll('aws_sqs_queue.events.arn', JSON.stringify(QUEUE))
      .replaceAll('tostring(var.longest_slot_milliseconds)', JSON.stringify(longest))
      .replace(/,\s*\]/g, ']')
    return JSON.parse(json) as string[]
  }
}

function statementOf(block: string, value: Value): Statement {
  const list = (name: string): string[] | undefined => {
    const found = new RegExp(`^ +${name} += (\\[[\\s\\S]*?\\]|\\S+)$`, 'm').exec(block)?.[1]
    return found === undefined ? undefined : value(found)
  }
  const word = (name: string): string | undefined =>
    new RegExp(`^ +${name} += "([^"]*)"$`, 'm').exec(block)?.[1]
  const [Resource, NotResource] = [list('resources'), list('not_resources')]
  const test = word('test')
  const variable = word('variable') ?? ''
  return inOneForm({
    Sid: word('sid') ?? '',
    // Terraform's own default.
    Effect: word('effect') ?? 'Allow',
    ...(list('identifiers') && { Principal: list('identifiers')?.join() }),
    Action: list('actions') ?? [],
    ...(Resource && { Resource }),
    ...(NotResource && { NotResource }),
    ...(test !== undefined && { Condition: { [test]: { [variable]: list('values')?.join() } } }),
  })
}
