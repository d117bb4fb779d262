/** Holds an answer against the description of its call. */

import { ProblemBody, problemsOf } from '../../src/http/openapi/problem-answers.ts'
import type { Operation } from '../../src/http/openapi/operation.ts'
import { OPERATIONS } from '../../src/http/description.ts'

export type Answered = { method: string; path: string; status: number; type: string; body: string }

/** Null: just as described, or a call that is described nowhere. */
export function breachOf({ method, path, status, type, body }: Answered): string | null {
  const operation = operationFor(method, path)
  if (operation === null) return null
  if (type.startsWith('application/problem+json')) return problemBreach(operation, status, body)
  const answer = operation.answers.find((described) => described.status === status)
  if (!answer) return `${status} is not described`
  if (answer.content === null) return body === '' ? null : 'a body where none is described'
  if (typeof answer.content === 'string') {
    return type.startsWith(answer.content) ? null : `${type} is not described`
  }
  const { error } = answer.content.safeParse(JSON.parse(body))
  return error ? `${status}: ${error.message}` : null
}

/** As the router sees it: a path without parameters wins over one that it would fit. */
function operationFor(method: string, path: string): Operation | null {
  const exact = OPERATIONS.filter((each) => each.path === path)
  const fitting = exact.length > 0 ? exact : OPERATIONS.filter((each) => fits(each.path, path))
  return fitting.find((each) => each.method === method.toLowerCase()) ?? null
}

function fits(template: string, path: string): boolean {
  const given = path.split('/')
  const parts = template.split('/')
  const isSame = (part: string, nth: number): boolean => part.startsWith(':') || part === given[nth]
  return parts.length === given.length && parts.every(isSame)
}

function problemBreach(operation: Operation, status: number, body: string): string | null {
  const { data, error } = ProblemBody.safeParse(JSON.parse(body))
  if (error) return `${status}: ${error.message}`
  if (data.status !== status) return `${status} says ${data.status}`
  const slug = data.type.slice(data.type.lastIndexOf('/') + 1)
  const isListed = problemsOf(operation).some((listed) => listed === slug)
  return isListed ? null : `${slug} is not listed`
}
