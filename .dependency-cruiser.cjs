/** The layering of docs/architecture.md, as rules. `make layers` runs them. */
const only = (from, ...to) => ({
  name: `${from}-imports`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...to.map((name) => `^src/${name}`)] },
})

const keepsTo = (name, from, packages) => ({
  name,
  severity: 'error',
  from: { path: '^src', pathNot: from },
  to: { path: packages },
})

/** Files beside the folders. */
const SHARED = ['problem', 'linked-signal']

module.exports = {
  forbidden: [
    only('upload', 'problem'),
    only('bucket', 'upload', 'tracing', ...SHARED),
    only('store', 'upload', 'problem'),
    only('inspect', 'upload', ...SHARED),
    only('webhooks', 'problem'),
    only('broker', 'upload', 'bucket', 'store', 'inspect', 'webhooks', 'tracing', ...SHARED),
    only('http', 'broker', 'upload', 'tracing', ...SHARED),
    only('jobs', 'broker', 'upload', 'problem'),
    only('events', 'broker', 'upload', 'problem'),
    only('identity', 'problem'),
    only('tracing'),
    only('telemetry', 'problem'),
    // The drop zone sends files as any page would.
    only('console', 'client'),
    only('client'),
    {
      name: 'upload-is-pure',
      severity: 'error',
      from: { path: '^src/upload/' },
      to: { dependencyTypes: ['npm', 'core'] },
    },
    {
      name: 'client-has-no-dependencies',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { dependencyTypes: ['npm', 'core'] },
    },
    {
      name: 'dev-is-not-shipped',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/dev/' },
      to: { path: '^src/dev/' },
    },
    keepsTo(
      'aws-stays-at-the-edges',
      '^src/(bucket|events|dev)/',
      'node_modules/@(aws-sdk|smithy)',
    ),
    keepsTo('s3-stays-in-bucket', '^src/(bucket|dev)/', 'node_modules/@aws-sdk/(client-s3|s3-)'),
    keepsTo(
      'webhook-tools-stay-in-webhooks',
      '^src/webhooks/',
      'node_modules/(standardwebhooks|request-filtering-agent)/',
    ),
    keepsTo('express-stays-in-http', '^src/http/', 'node_modules/(express|helmet|cors)/'),
    keepsTo('drivers-stay-in-store', '^src/store/', 'node_modules/(better-sqlite3|kysely|pg)/'),
    keepsTo(
      'spans-stay-where-they-are',
      '^src/(tracing|http|broker)/',
      'node_modules/@opentelemetry/',
    ),
    {
      // It has to be wrong in other ways than what it checks.
      name: 'the-checker-shares-no-code',
      severity: 'error',
      from: { path: '^tests/chaos/check/' },
      to: { pathNot: '^tests/chaos/check/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'chaos-knows-berth-from-outside',
      severity: 'error',
      from: { path: '^tests/chaos/' },
      to: { path: '^src/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
