import { describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import ts from 'typescript'
import { codeBlocks, type CodeBlock } from '../support/code-blocks.ts'

const DOCUMENTS = ['README.md', 'docs/frontend.md']

const blocksIn = (...languages: string[]) =>
  DOCUMENTS.flatMap((file) =>
    codeBlocks(file)
      .filter(({ language }) => languages.includes(language))
      .map((block) => ({ ...block, file })),
  )

/** What the documents take for granted: whatever the reader has already. */
const SURROUNDINGS = `
  declare module 'react' {
    export const useRef: <T>(value: T) => { current: any }
    export const useState: <T>(value: T) => [any, (value: any) => void]
  }
  declare module '@uppy/core' { export default class { use: any; on: any } }
  declare module '@uppy/dashboard' { export default class {} }
  declare namespace JSX { interface IntrinsicElements { [name: string]: any } }
  declare const React: any
  declare module 'adapter' {
    type Options = { baseUrl: string; token: () => Promise<string>; metadata?: Record<string, string> }
    export const sendThroughBerth: (uppy: any, options: Options) => void
  }
  declare const createBackend: typeof import('berth/server').createBackend
  declare const createUploader: typeof import('berth/client').createUploader
  declare const app: any, express: any, process: { env: Record<string, string> }
  declare const berth: any, baseUrl: string, apiKey: string, token: string
  declare const uploader: import('berth/client').Uploader
  declare const file: File, input: HTMLInputElement, label: HTMLElement
  declare const show: (...shown: any[]) => void, fetchToken: () => Promise<string>
  declare const filename: string, contentType: string, size: number, orderId: string
  declare const enqueueOnce: (id: string, event: unknown) => Promise<void>
`

const OPTIONS: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  noEmit: true,
  strict: true,
  noImplicitAny: false,
  // The pieces do not say each time that what was asked for is there.
  strictNullChecks: false,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.Preserve,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  paths: {
    'berth/client': [resolve('src/client/index.ts')],
    'berth/server': [resolve('src/client/server.ts')],
  },
}

/** What the compiler has to say, with the file and the line of the document. */
function mistakesIn(blocks: (CodeBlock & { file: string })[]): string[] {
  const sources = new Map([[resolve('surroundings.d.ts'), SURROUNDINGS]])
  const places = new Map<string, CodeBlock & { file: string }>()
  for (const [nth, block] of blocks.entries()) {
    const name = resolve(`block-${nth}.${block.language}`)
    // The compiler looks for a neighbour in no other place than beside it.
    sources.set(name, `${block.text.replace('./adapter.js', 'adapter')}\nexport {}\n`)
    places.set(name, block)
  }
  const host = ts.createCompilerHost(OPTIONS)
  const [read, exists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)]
  host.fileExists = (name) => sources.has(name) || exists(name)
  host.getSourceFile = (name, ...rest) => {
    const text = sources.get(name)
    return text === undefined
      ? read(name, ...rest)
      : ts.createSourceFile(name, text, OPTIONS.target ?? ts.ScriptTarget.ES2023)
  }
  const program = ts.createProgram([...sources.keys()], OPTIONS, host)
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, start = 0, messageText }) => {
    const place = places.get(file?.fileName ?? '')
    // The SDK's own sources are checked by rules of their own.
    if (!file || !place) return []
    const { line } = file.getLineAndCharacterOfPosition(start)
    const words = ts.flattenDiagnosticMessageText(messageText, ' ')
    return `${place.file}:${place.line + line + 1}: ${words}`
  })
}

describe('the code in the documents', () => {
  it('calls the SDK as it is: every name and option is there, and takes what it is given', () => {
    const blocks = blocksIn('js', 'jsx')
    expect(blocks.length).toBeGreaterThan(5)
    expect(mistakesIn(blocks)).toEqual([])
  }, 60_000)

  it('is checked for real: a name that is wrong is found, on its line', () => {
    const [block] = blocksIn('js').filter(({ text }) => text.includes('createUploader({'))
    if (!block) throw new Error('there is no such block')
    const text = block.text.replace('onProgress', 'onProgres')
    const line = block.line + 1 + text.slice(0, text.indexOf('onProgres')).split('\n').length - 1
    expect(mistakesIn([{ ...block, text }])).toEqual([
      expect.stringMatching(new RegExp(`^${block.file}:${line}: .*onProgres`)),
    ])
  }, 60_000)

  it.each(blocksIn('sh').map((block) => [`${block.file}:${block.line}`, block.text]))(
    'is shell that a shell can read: %s',
    (_where, text) => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
    },
  )

  it.each(blocksIn('json').map((block) => [`${block.file}:${block.line}`, block.text]))(
    'is JSON that can be read: %s',
    (_where, text) => {
      expect(() => JSON.parse(text) as unknown).not.toThrow()
    },
  )
})
