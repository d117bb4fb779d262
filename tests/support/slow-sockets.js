/**
 * Sockets that send a byte a second, half of them a header and half a body, opened over five
 * seconds; new ones for those that are cut off. Says `open` once all are.
 */

import { connect } from 'node:net'

const [url, key, count] = process.argv.slice(2)
const port = Number(new URL(url).port)
const sockets = new Set()
const OPENING_MS = 5_000

const STARTS = [
  'GET /livez HTTP/1.1\r\nX-Slow: ',
  `POST /v1/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n`,
]

function open(nth) {
  const socket = connect(port, '127.0.0.1')
  socket.write(STARTS[nth % 2])
  sockets.add(socket)
  socket.on('data', () => undefined)
  socket.on('error', () => undefined)
  socket.on('close', () => {
    sockets.delete(socket)
    open(nth)
  })
}

for (let nth = 0; nth < Number(count); nth += 1) {
  setTimeout(() => open(nth), (nth * OPENING_MS) / Number(count))
}
setTimeout(() => process.stdout.write('open\n'), OPENING_MS + 500)
setInterval(() => sockets.forEach((socket) => socket.write('x')), 1_000)
