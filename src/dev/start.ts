/** `make start`: the development stack, until Ctrl-C; prints what a newcomer needs next. */

import { firstSignal } from '../cli/serve.ts'
import { environment } from '../config.ts'
import { startStack, type Stack } from './stack.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const transcript = ({ url, apiKey, adminKey }: Stack): string => `
Berth is running.

  page       ${url}/
  API key    ${apiKey}
  console    ${url}/console
  admin key  ${adminKey}

Upload a file with curl (paste it into another terminal):

  KEY=${apiKey}
  field() { node -pe "JSON.parse(require('fs').readFileSync(0)).$1"; }
  printf 'hello, berth' > hello.txt
  curl -s ${url}/v1/uploads -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{"filename":"hello.txt","contentType":"text/plain","size":12}' > upload.json
  curl -s -X PUT "$(field slot.url < upload.json)" --data-binary @hello.txt \\
    -H 'content-type: text/plain' -H 'if-none-match: *'
  UPLOAD=${url}/v1/uploads/$(field id < upload.json)
  curl -s "$UPLOAD?wait=10" -H "Authorization: Bearer $KEY"
  curl -s "$(curl -s "$UPLOAD/download" -H "Authorization: Bearer $KEY" | field url)"

Stop with Ctrl-C. Everything is kept in ./data.`

try {
  const stack = await startStack({
    folder: environment()['BERTH_DATA'] ?? './data',
    port: Number(environment()['PORT'] ?? 8080),
    env: environment(),
  })
  print(transcript(stack))
  await firstSignal()
  await stack.close()
} catch (error) {
  process.stderr.write(`berth: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
