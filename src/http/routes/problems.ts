/** /problems/<slug>: where the `type` of a problem leads. A page for people; programs need the slug alone. */

import helmet from 'helmet'
import type { RequestHandler } from 'express'
import type { Slug } from '../../problem.ts'
import { notFound } from '../../problems.ts'
import type { Endpoint } from '../mount.ts'
import { problemType, RETRY, SLUGS, type ProblemType } from '../problem-meanings.ts'
import { addressOf } from '../public-url.ts'

/** @param first what every request of such a page passes before it is answered. */
export function problemEndpoints(first: RequestHandler): Endpoint[] {
  const nothingElse = helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  })
  const page = (path: string, answer: RequestHandler): Endpoint => ({
    method: 'get',
    path,
    handlers: [first, nothingElse, answer],
  })
  return [page('/problems', getProblems), page('/problems/:slug', getProblem)]
}

const getProblems: RequestHandler = (_req, res) => {
  const row = ({ slug, status, title }: ProblemType): string =>
    `<li>${status} <a href="${addressOf(res, `/problems/${slug}`)}">${slug}</a>: ${escape(title)}</li>`
  const rows = SLUGS.map((slug) => row(problemType(slug)))
  res.type('html').send(html('Problems', `<ul>\n${rows.join('\n')}\n</ul>`))
}

const getProblem: RequestHandler = (req, res) => {
  const slug = SLUGS.find((known) => known === (req.params['slug'] as Slug))
  if (slug === undefined) throw notFound()
  const { status, title, retry, meaning } = problemType(slug)
  const facts = `<dl>
<dt>Type</dt><dd>${slug}</dd>
<dt>Status</dt><dd>${status}</dd>
<dt>Retry</dt><dd>${retry}: ${RETRY[retry]}</dd>
</dl>`
  const others = `<p><a href="${addressOf(res, '/problems')}">All problems</a></p>`
  res.type('html').send(html(title, `<p>${escape(meaning)}</p>\n${facts}\n${others}`))
}

const html = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(title)} - Berth</title></head>
<body>
<h1>${escape(title)}</h1>
${body}
</body>
</html>
`

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
