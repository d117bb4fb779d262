/** Content types: what a profile's patterns admit, which types are active, which names mean the same. */

/** Types that a browser or a shell may run. A wildcard never admits one; only its own name does. */
const ACTIVE = new Set([
  'text/html',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/xml',
  'text/javascript',
  'application/javascript',
  'application/x-javascript',
  'application/ecmascript',
  'text/ecmascript',
  'application/x-msdownload',
  'application/x-elf',
  'application/x-mach-binary',
  'application/x-sh',
  'application/x-httpd-php',
  'application/java-archive',
  'application/wasm',
])

/** Other spellings -> the registered name. */
const ALIASES: Record<string, string> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/x-ms-bmp': 'image/bmp',
  'image/vnd.microsoft.icon': 'image/x-icon',
  'application/x-zip-compressed': 'application/zip',
  'application/x-zip': 'application/zip',
  'application/x-gzip': 'application/gzip',
  'application/x-pdf': 'application/pdf',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-m4a': 'audio/mp4',
  'video/x-m4v': 'video/mp4',
  'text/xml': 'application/xml',
}

export const GENERIC_TYPE = 'application/octet-stream'

export const isActiveType = (contentType: string): boolean => ACTIVE.has(contentType)

/** The registered name of a type that has several. */
export const canonicalType = (contentType: string): string => ALIASES[contentType] ?? contentType

/** True when the patterns of a profile (a type, a family such as "image" with a star, or everything) admit it. */
export function admits(patterns: readonly string[], contentType: string): boolean {
  if (patterns.includes(contentType)) return true
  if (isActiveType(contentType)) return false
  const [family] = contentType.split('/')
  return patterns.includes(`${family}/*`) || patterns.includes('*/*')
}

// Formats that are a ZIP or an XML inside: the detector may only see the container.
const CONTAINERS: Record<string, RegExp> = {
  'application/zip':
    /^application\/(vnd\.openxmlformats-officedocument\..+|vnd\.oasis\.opendocument\..+|epub\+zip|vnd\.android\.package-archive)$/,
  'application/x-cfb': /^application\/(msword|vnd\.ms-(excel|powerpoint|outlook)|x-msi)$/,
  'application/xml': /^(image\/svg\+xml|.+\/(.+\+)?xml)$/,
  'text/plain': /^(text\/.+|application\/(json|.+\+json|x-ndjson|yaml|toml|sql|rtf))$/,
}

/** True when bytes detected as `detected` may truthfully be called `declared`. */
export function agrees(declared: string, detected: string): boolean {
  const promised = canonicalType(declared)
  const found = canonicalType(detected)
  return (
    promised === found || promised === GENERIC_TYPE || (CONTAINERS[found]?.test(promised) ?? false)
  )
}
