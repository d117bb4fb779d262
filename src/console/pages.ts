/** The development page: a drop zone that uploads through the real API. */

import { readFileSync } from 'node:fs'

type Page = { path: string; contentType: string; body: string }

/** @param apiKey put into the page itself, so that it is in no address and no storage. */
export function dropZonePages(apiKey: string): Page[] {
  const html = asset('drop-zone.html').replace('{{key}}', apiKey)
  return [
    { path: '/', contentType: 'text/html; charset=utf-8', body: html },
    {
      path: '/drop-zone.js',
      contentType: 'text/javascript; charset=utf-8',
      body: asset('drop-zone.js'),
    },
    {
      path: '/drop-zone.css',
      contentType: 'text/css; charset=utf-8',
      body: asset('drop-zone.css'),
    },
  ]
}

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
