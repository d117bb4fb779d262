/** A client of Berth: slot, PUT, and nothing more. `node uploads.mjs '{ url, key, bytes, uploads, width | perSecond }'` -> JSON lines of [id, epoch ms of the PUT's answer]. */

import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { timesOver } from './shared.mjs'

const { url, key, bytes, uploads, width, perSecond } = JSON.parse(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const body = randomBytes(bytes)
const slot = JSON.stringify({ filename: 'f', contentType: 'application/octet-stream', size: bytes })
const asking = {
  authorization: `Bearer ${key}`,
  'content-type': 'application/json',
  'content-length': slot.length,
}

const send = (to, method, headers, content) =>
  new Promise((resolve, reject) => {
    const outgoing = request(to, { agent, method, headers }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks) }))
    })
    outgoing.on('error', reject)
    outgoing.end(content)
  })

async function upload() {
  const issued = await send(`${url}/v1/uploads`, 'POST', asking, slot)
  if (issued.status !== 201) throw new Error(`slot: ${issued.status} ${issued.text}`)
  const record = JSON.parse(issued.text)
  const headers = { ...record.slot.headers, 'content-length': bytes }
  const put = await send(record.slot.url, 'PUT', headers, body)
  if (put.status !== 200) throw new Error(`PUT: ${put.status} ${put.text}`)
  process.stdout.write(`${JSON.stringify([record.id, Date.now()])}\n`)
}

async function openLoop() {
  const pending = []
  const startedAt = performance.now()
  for (let nth = 0; nth < uploads; nth += 1) {
    const dueIn = startedAt + (nth * 1000) / perSecond - performance.now()
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn))
    pending.push(upload())
  }
  await Promise.all(pending)
}

await (perSecond ? openLoop() : timesOver(uploads, width, upload))
agent.destroy()
