/** A display name -> a Content-Disposition that every browser saves safely (RFC 6266, RFC 8187). */

// Controls, bidirectional and zero-width marks: they forge names on screen or split headers.
const DECEPTIVE = /[\p{Cc}\p{Cf}\u2028\u2029\p{Surrogate}]/gu
// Separators, and what Windows refuses in a file name.
const UNSAFE = /[\\/:*?"<>|]/g
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
const LONGEST = 150

/** `attachment; filename="…"; filename*=UTF-8''…`, in ASCII only: S3 refuses anything else. */
export function attachment(filename: string): string {
  const name = safeName(filename)
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_').replace(/[%;']/g, '_')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeExtended(name)}`
}

/** The last path piece, without what could deceive or be refused; never empty. */
export function safeName(filename: string): string {
  const piece = filename.normalize('NFC').split(/[\\/]/).at(-1) ?? ''
  const cleaned = piece
    .replace(DECEPTIVE, '')
    .replace(UNSAFE, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '')
  // By code points, so that no character is cut in two.
  const short = Array.from(cleaned).slice(0, LONGEST).join('')
  if (short === '') return 'download'
  return RESERVED.test(short) ? `_${short}` : short
}

// RFC 8187 attr-char is narrower than what encodeURIComponent leaves alone.
const encodeExtended = (name: string): string =>
  encodeURIComponent(name).replace(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
