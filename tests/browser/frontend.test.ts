/** The lines of docs/frontend.md, in a browser: its page, its backend, its React component. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { build, type BuildOptions } from 'esbuild'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { createBerth, type Berth } from '../support/berth.ts'
import { codeBlock } from '../support/code-blocks.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, run, until, type Running } from '../support/processes.ts'
import { PNG, sha256Of } from '../support/uploads.ts'
import { openBrowser, screenshot, untilTrue, visit, type Visit } from './chromium.ts'

const TIMEOUT = 120_000
const DOCUMENT = 'docs/frontend.md'
const PROFILES = { profiles: { default: {}, avatar: { contentTypes: ['image/png'] } } }

const PAGE = `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:," />
<input type="file" id="input" /><output id="label"></output><div id="root"></div>
<script type="module" src="page.js"></script></html>`

/** An application as it was before the lines were pasted into it. */
const APPLICATION = `
import express from 'express'
const app = express()
app.use((req, _res, next) => ((req.user = { id: 'user-17' }), next()))
app.use(express.static(process.env.PAGES))
app.listen(Number(process.env.PORT), '127.0.0.1')
`

const MOUNTING = `
import { h, render } from 'preact'
import { Upload } from './component.jsx'
const onReady = ({ object }) => (document.querySelector('#label').textContent = object.sha256)
render(h(Upload, { onReady }), document.querySelector('#root'))
`

const folder = mkdtempSync(join(tmpdir(), 'berth-frontend-'))
let store: Embedded
let berth: Berth
let site: string
let backend: Running
let browser: Browser
const visits: Visit[] = []

const here = (text: string): string => text.replaceAll('https://berth.example', berth.url)

const bundle = (options: BuildOptions) =>
  build({
    bundle: true,
    absWorkingDir: folder,
    nodePaths: [resolve('node_modules')],
    alias: {
      'berth/client': resolve('src/client/index.ts'),
      'berth/server': resolve('src/client/server.ts'),
      react: 'preact/compat',
    },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    ...options,
  })

beforeAll(async () => {
  const port = await freePort()
  site = `http://127.0.0.1:${port}`
  store = await startEmbedded({ port: 0, eventsUrl: null })
  writeFileSync(join(folder, 'profiles.json'), JSON.stringify(PROFILES))
  berth = await createBerth(store.config, {
    CORS_ORIGINS: site,
    BERTH_PROFILES: join(folder, 'profiles.json'),
  })
  await berth.start()

  const ten = (nth: number): string => here(codeBlock(DOCUMENT, 'The ten lines', 'js', nth))
  const fetchToken = /const token = [^]*?\n\n?(?=const uploader)/.exec(ten(1))?.[0] ?? ''
  const react = here(codeBlock(DOCUMENT, 'React', 'jsx'))
  writeFileSync(join(folder, 'backend.js'), APPLICATION + ten(0))
  writeFileSync(join(folder, 'plain.js'), ten(1))
  writeFileSync(join(folder, 'component.jsx'), `${fetchToken}\nconst fetchToken = token\n${react}`)
  writeFileSync(join(folder, 'react.js'), MOUNTING)
  for (const name of ['plain', 'react']) {
    const outfile = join('pages', name, 'page.js')
    await bundle({ entryPoints: [`${name}.js`], outfile, format: 'esm' })
    writeFileSync(join(folder, 'pages', name, 'index.html'), PAGE)
  }
  const outfile = 'backend.cjs'
  await bundle({ entryPoints: ['backend.js'], outfile, format: 'cjs', platform: 'node' })
  backend = run(process.execPath, [join(folder, outfile)], {
    PORT: String(port),
    PAGES: join(folder, 'pages'),
    BERTH_KEY: berth.key,
  })
  await until('the backend', async () => (await fetch(`${site}/plain/`)).ok)
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'files', 'a.png'), PNG)
  browser = await openBrowser()
}, TIMEOUT)
afterEach(async () => {
  const complaints = visits.flatMap((each) => each.complaints)
  for (const each of visits.splice(0)) await each.close()
  expect(complaints).toEqual([])
})
afterAll(async () => {
  await browser.close()
  await backend.end()
  await berth.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

describe('the lines of the document', () => {
  it.each(['plain', 'react'])(
    'upload a file from a page of another origin: %s',
    async (name) => {
      const at = await visit(browser, `${site}/${name}/`, {
        reach: [site, berth.url, store.objects.url],
      })
      visits.push(at)
      const field = name === 'react' ? '#root input[type=file]' : '#input'
      await at.page.locator(field).setInputFiles(join(folder, 'files', 'a.png'))
      const sum = JSON.stringify(sha256Of(PNG))
      await untilTrue(at, `document.querySelector('#label').textContent.includes(${sum})`)
      await screenshot(at, `frontend-${name}`)
    },
    TIMEOUT,
  )
})
