/** Markup that a browser might run, in UTF-8 or UTF-16, wherever white space and comments hide it. */

const MARKUP: [RegExp, string][] = [
  [/^<svg[\s/>]/i, 'image/svg+xml'],
  [
    /^<(!doctype\s+html|html|head|body|script|iframe|style|img|a|div|table|p|br|h1|title|meta|link|b|font|object|embed|form)[\s>/]/i,
    'text/html',
  ],
]

/** The markup type of the head, or null. */
export function markupType(head: Buffer): string | null {
  const text = skipPrologue(decode(head))
  const direct = MARKUP.find(([pattern]) => pattern.test(text))
  if (direct) return direct[1]
  if (!text.startsWith('<?xml') && !/^<!doctype/i.test(text)) return null
  if (/<svg[\s/>]/i.test(text)) return 'image/svg+xml'
  return /<html[\s/>]/i.test(text) ? 'text/html' : 'application/xml'
}

function decode(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le').decode(head)
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be').decode(head)
  // UTF-16 without a byte order mark: every other byte of markup is NUL.
  if (head[0] === 0x3c && head[1] === 0) return new TextDecoder('utf-16le').decode(head)
  if (head[0] === 0 && head[1] === 0x3c) return new TextDecoder('utf-16be').decode(head)
  return head.toString('latin1').replace(/^\xef\xbb\xbf/, '')
}

/** Without leading white space and comments. Linear: each comment is skipped once. */
function skipPrologue(text: string): string {
  let rest = text.trimStart()
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->')
    if (end < 0) return ''
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}
