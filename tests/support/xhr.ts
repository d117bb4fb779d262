/** XMLHttpRequest for Node, as far as uploads need it: what a browser does, over node:http. */

import { request, type ClientRequest } from 'node:http'

const CHUNK_BYTES = 64 * 1024

export class NodeXhr {
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null } = {
    onprogress: null,
  }
  status = 0
  responseText = ''
  onload: (() => void) | null = null
  onerror: (() => void) | null = null
  onabort: (() => void) | null = null
  #method = ''
  #url = ''
  readonly #headers: Record<string, string> = {}
  #outgoing: ClientRequest | null = null
  #isOver = false

  open(method: string, url: string): void {
    this.#method = method
    this.#url = url
  }
  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value
  }
  abort(): void {
    this.#end(this.onabort)
    this.#outgoing?.destroy()
  }
  send(body: Blob): void {
    const headers = { ...this.#headers, 'content-length': String(body.size) }
    const outgoing = request(this.#url, { method: this.#method, headers, agent: false })
    this.#outgoing = outgoing
    outgoing.on('error', () => this.#end(this.onerror))
    outgoing.on('response', (answer) => {
      this.status = answer.statusCode ?? 0
      answer.on('data', (chunk: Buffer) => (this.responseText += chunk.toString()))
      answer.on('end', () => this.#end(this.onload))
    })
    void this.#write(body, outgoing).catch(() => this.#end(this.onerror))
  }
  async #write(body: Blob, outgoing: ClientRequest): Promise<void> {
    const bytes = Buffer.from(await body.arrayBuffer())
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES)
      await new Promise((resolve) => outgoing.write(chunk, resolve))
      if (!this.#isOver) this.upload.onprogress?.({ loaded: at + chunk.length })
    }
    outgoing.end()
  }
  #end(tell: (() => void) | null): void {
    if (this.#isOver) return
    this.#isOver = true
    tell?.()
  }
}
