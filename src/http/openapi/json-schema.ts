/** zod -> JSON Schema, with every named schema in one place. */

import { z } from 'zod'

export type JsonSchema = Record<string, unknown>

/** Whether a schema describes what callers may say, or what they are told. */
type Direction = 'input' | 'output'

export type Schemas = {
  render: (schema: z.ZodType, io: Direction) => JsonSchema
  /** Those with an id, by it. */
  named: () => Record<string, JsonSchema>
}

export function createSchemas(): Schemas {
  const named: Record<string, JsonSchema> = {}
  return {
    named: () => Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1))),
    render: (schema, io) => {
      // Within another, a schema with an id becomes a reference to it.
      const { properties, $defs = {} } = toJsonSchema(z.object({ it: schema }), io)
      Object.assign(named, $defs)
      return (properties as { it: JsonSchema }).it
    },
  }
}

function toJsonSchema(schema: z.ZodType, io: Direction): JsonSchema {
  const plain = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema['id']
      // The format says it, and shorter.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
      // Answers may gain fields; requests may not have others than these.
      if (io === 'output') delete jsonSchema['additionalProperties']
    },
  })
  const moved = JSON.stringify(plain).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(moved) as JsonSchema
}
