/** Load from a process of its own, as fast as the answers come: `node load.mjs '{ url, connections, seconds, … }'` -> JSON. */

import autocannon from 'autocannon'

const { url, method, headers, body, connections, seconds } = JSON.parse(process.argv[2])
const result = await autocannon({ url, method, headers, body, connections, duration: seconds })
const { requests, latency, errors, non2xx } = result
const summary = {
  perSecond: requests.total / result.duration,
  p50Ms: latency.p50,
  p99Ms: latency.p99,
  failed: errors + non2xx,
}
process.stdout.write(`${JSON.stringify(summary)}\n`)
