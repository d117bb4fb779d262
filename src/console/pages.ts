/** The pages of our own: the drop zone of development, and the operators' console. */

import { readFileSync } from 'node:fs'

type Page = { path: string; contentType: string; body: string; isStrict?: true }

// The build puts the bundles there; the same place seen from the source and from what is built.
const BUILT = new URL('../../dist/console/', import.meta.url)

/**
 * @param apiKey put into the page itself, so that it is in no address and no storage.
 * @param folder of the built pages; ends with a slash.
 */
export function dropZonePages(apiKey: string, folder: URL = BUILT): Page[] {
  const { body, ...page } = file(folder, '/', 'drop-zone.html', 'text/html')
  return [
    { ...page, body: body.replace('{{key}}', apiKey) },
    file(folder, '/drop-zone.js', 'drop-zone.js', 'text/javascript'),
    file(folder, '/drop-zone.css', 'drop-zone.css', 'text/css'),
  ]
}

/** @param folder of the built pages; ends with a slash. */
export const consolePages = (folder: URL = BUILT): Page[] => [
  { ...file(folder, '/console', 'console.html', 'text/html'), isStrict: true },
  file(folder, '/console/console.js', 'console.js', 'text/javascript'),
  file(folder, '/console/console.css', 'console.css', 'text/css'),
]

const file = (folder: URL, path: string, name: string, type: string): Page => ({
  path,
  contentType: `${type}; charset=utf-8`,
  body: readFileSync(new URL(name, folder), 'utf8'),
})
