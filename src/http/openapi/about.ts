/** What the API description says of the API as a whole. */

export const ABOUT = {
  title: 'Berth',
  version: '1.0.0',
  summary: 'Presigned slots in, verified objects out.',
  description: `Ask for an upload slot, PUT the bytes straight to the object store, and get a verified object.

JSON in UTF-8, camelCase; times are RFC 3339 in UTC. Fields and query parameters that are not described are
refused, and so is \`__proto__\` as a name at any depth. Answers may gain fields. A \`Content-Digest\` (RFC 9530) that is sent with a body is checked. Every
refusal is \`application/problem+json\` (RFC 9457), with a \`type\` that leads to a page about it.`,
  license: { name: 'MIT', identifier: 'MIT' },
}

export const TAGS = [
  { name: 'Uploads', description: 'From the slot to the verified object.' },
  { name: 'Tokens', description: 'Permissions for browsers, without a secret in the page.' },
  { name: 'Receipts', description: 'What was verified, signed.' },
  { name: 'Webhooks', description: 'What became of uploads, told to a backend.' },
  { name: 'Console', description: 'What the page for operators shows. For the scope admin.' },
  { name: 'Events', description: 'Where object stores post what arrived. Not for clients.' },
  { name: 'Operations', description: 'For balancers, monitoring and people on duty.' },
  { name: 'Documents', description: 'This description, and what the types of problems mean.' },
]

export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'berth_<id>_<secret>',
    description:
      'Made by `berth keys create`, with the scopes uploads:read, uploads:write or admin.',
  },
  uploadToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'Made by POST /v1/tokens, or by your identity provider where one is configured. ' +
      'It acts on the uploads that were created under it, and sees no others.',
  },
  senderBearer: { type: 'http', scheme: 'bearer', description: 'EVENTS_S3_TOKEN.' },
  senderBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'Any user, with EVENTS_S3_TOKEN as the password.',
  },
  senderQuery: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description: 'EVENTS_S3_TOKEN, for senders that can set no header.',
  },
  senderKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'EVENTS_EVENTBRIDGE_KEY.',
  },
}
