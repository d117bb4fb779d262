/** The code in the documents, so that it can be held to what it says. */

import { readFileSync } from 'node:fs'

export type CodeBlock = { language: string; text: string; line: number; heading: string }

/** Every fenced block of a Markdown file, with the heading that it stands below. */
export function codeBlocks(file: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  let open: CodeBlock | null = null
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (text.startsWith('```')) {
      if (open) blocks.push(open)
      open = open ? null : { language: text.slice(3), text: '', line: index + 1, heading }
    } else if (open) open.text += `${text}\n`
    else if (text.startsWith('#')) heading = text.replace(/^#+ /, '')
  }
  return blocks
}

/** The block of that kind below that heading; the `nth` of them, from 0. */
export function codeBlock(file: string, heading: string, language: string, nth = 0): string {
  const found = codeBlocks(file).filter(
    (block) => block.heading === heading && block.language === language,
  )[nth]
  if (!found) throw new Error(`${file} has no ${language} below "${heading}"`)
  return found.text
}
