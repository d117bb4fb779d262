/** The OpenAPI 3.1 document, made of the tables of operations and the schemas that validate requests. */

import { z } from 'zod'
import { ANSWER_HEADERS, REQUEST_HEADERS, spelled } from './headers.ts'
import { createSchemas, type JsonSchema, type Schemas } from './json-schema.ts'
import type { Access, Answer, Body, Operation } from './operation.ts'
import { createProblemAnswers, ProblemBody, type ProblemAnswers } from './problem-answers.ts'
import { ABOUT, SECURITY_SCHEMES, TAGS } from './about.ts'

export type Document = JsonSchema & { paths: Record<string, JsonSchema> }

/** @param publicUrl of the servers and of every problem type; empty: the host that serves the document. */
export function describeApi(operations: readonly Operation[], publicUrl: string): Document {
  const schemas = createSchemas()
  const problems = createProblemAnswers(schemas.render(ProblemBody, 'output'), publicUrl)
  const paths: Record<string, JsonSchema> = {}
  for (const operation of operations) {
    const path = templateOf(operation.path)
    paths[path] = {
      ...paths[path],
      [operation.method]: renderOperation(operation, operations, { schemas, problems }),
    }
  }
  return {
    openapi: '3.1.0',
    info: ABOUT,
    servers: [{ url: publicUrl || '/' }],
    tags: TAGS,
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      headers: ANSWER_HEADERS,
      schemas: schemas.named(),
      responses: problems.shared(),
    },
  }
}

type Parts = { schemas: Schemas; problems: ProblemAnswers }

function renderOperation(
  operation: Operation,
  all: readonly Operation[],
  { schemas, problems }: Parts,
): JsonSchema {
  const { id, tag, summary, description, access, body, answers } = operation
  const parameters = parametersOf(operation, schemas)
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: SECURITY[access],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: renderBody(body, schemas) }),
    responses: {
      ...Object.fromEntries(
        answers.map((answer) => [answer.status, renderAnswer(operation, answer, all, schemas)]),
      ),
      ...problems.answersOf(operation),
    },
  }
}

const SECURITY: Record<Access, JsonSchema[]> = {
  keys: [{ apiKey: [] }],
  'keys-and-tokens': [{ apiKey: [] }, { uploadToken: [] }],
  open: [],
  'sender-s3': [{ senderBearer: [] }, { senderBasic: [] }, { senderQuery: [] }],
  'sender-eventbridge': [{ senderKey: [] }],
  'sender-sns': [],
}

const templateOf = (path: string): string => path.replaceAll(/:([a-z]+)/g, '{$1}')

const HEX = '019a8f3c7b2e7c14a5d09be1f2c3d4e5'

const pathParameter = (name: string, idPrefix: string): JsonSchema =>
  name === 'id'
    ? {
        description: `\`${idPrefix}_\` and 32 hex digits.`,
        schema: { type: 'string', pattern: `^${idPrefix}_[0-9a-f]{32}$` },
        example: `${idPrefix}_${HEX}`,
      }
    : {
        description: 'The name of a type of problem.',
        schema: { type: 'string', pattern: '^[a-z-]{1,60}$' },
        example: 'not-found',
      }

function parametersOf(
  { path, idPrefix = 'upl', query, headers = [] }: Operation,
  schemas: Schemas,
): JsonSchema[] {
  const inPath = [...path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...pathParameter(name, idPrefix),
  }))
  const { properties = {} } = query ? schemas.render(query, 'input') : {}
  const inQuery = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: false,
      ...(description !== undefined && { description }),
      schema,
    }),
  )
  return [...inPath, ...inQuery, ...headers.map((name) => REQUEST_HEADERS[name])]
}

function renderBody({ schema, required, examples }: Body, schemas: Schemas): JsonSchema {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }] as const)
  const content = { schema: schemas.render(schema, 'input'), examples: Object.fromEntries(named) }
  return { required, content: { 'application/json': content } }
}

function renderAnswer(
  { access, leadsTo = [] }: Operation,
  { description, content, example, headers = [] }: Answer,
  all: readonly Operation[],
  schemas: Schemas,
): JsonSchema {
  const counted = access === 'keys' || access === 'keys-and-tokens'
  const told = ['x-request-id', ...(counted ? ['ratelimit', 'ratelimit-policy'] : []), ...headers]
  const named = told.map(spelled).map((name) => [name, { $ref: `#/components/headers/${name}` }])
  const links = leadsTo
    .filter((id) => all.some((operation) => operation.id === id))
    .map((operationId) => [operationId, { operationId, parameters: { id: '$response.body#/id' } }])
  return {
    description,
    headers: Object.fromEntries(named) as JsonSchema,
    ...(content !== null && { content: renderContent(content, example, schemas) }),
    ...(links.length > 0 && { links: Object.fromEntries(links) as JsonSchema }),
  }
}

function renderContent(
  content: z.ZodType | string,
  example: unknown,
  schemas: Schemas,
): JsonSchema {
  if (typeof content === 'string') return { [content]: { schema: { type: 'string' } } }
  const schema = schemas.render(content, 'output')
  return { 'application/json': { schema, ...(example !== undefined && { example }) } }
}
