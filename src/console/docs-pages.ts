/** /docs: the API description in Swagger UI, of which we serve two files ourselves. */

import { readFileSync } from 'node:fs'

type Page = { path: string; contentType: string; body: string }

// The build copies them there.
const SWAGGER_UI = new URL('../../dist/console/swagger-ui/', import.meta.url)

/** @param folder of Swagger UI's own files; ends with a slash. */
export function docsPages(folder: URL = SWAGGER_UI): Page[] {
  const ours = new URL('.', import.meta.url)
  return [
    page('/docs', 'text/html', new URL('docs.html', ours)),
    page('/docs/docs.js', 'text/javascript', new URL('docs.js', ours)),
    page('/docs/swagger-ui.css', 'text/css', new URL('swagger-ui.css', folder)),
    page('/docs/swagger-ui-bundle.js', 'text/javascript', new URL('swagger-ui-bundle.js', folder)),
  ]
}

const page = (path: string, type: string, file: URL): Page => ({
  path,
  contentType: `${type}; charset=utf-8`,
  body: readFileSync(file, 'utf8'),
})
