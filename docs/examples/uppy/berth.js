/**
 * What Uppy 5 and 6 have in common on their way through Berth: an upload is asked for before a file
 * is sent, and its verdict is waited for afterwards. In between, Uppy's S3 plugin sends the bytes
 * straight to the object store, into the slots that it gets here.
 */

/** A slot that ends sooner is renewed before it is used: the file may have waited for its turn. */
const SHORTEST_LIFE_MS = 60_000

/** Where bytes are sent that the store has already: an address that takes everything, in the page. */
const NOWHERE = { method: 'PUT', url: 'data:,', headers: {} }

/**
 * @param {object} options
 * @param {string} options.baseUrl where Berth is
 * @param {() => Promise<string>} options.token an upload token, from your backend
 * @param {Record<string, string>} [options.metadata] kept with every upload, and told to webhooks
 * @param {(id: string) => object} [partsWhenThere] what the plugin has to know of its parts when the
 *   store has the whole file already
 */
export function throughBerth(uppy, { baseUrl, token, metadata }, partsWhenThere) {
  const call = createCall(baseUrl, token)
  /** The uploads of this page, by their ids: Uppy takes these for the keys of its objects. */
  const uploads = new Map()
  const pathOf = (id) => `/v1/uploads/${id}`
  const idOf = (file) => file.meta.berth
  const uploadOf = (file) => uploads.get(idOf(file))

  async function create({ id, name, type, size }) {
    const contentType = (type || 'application/octet-stream').replace(/ *;.*/, '')
    const body = { filename: name, contentType, size, metadata }
    const upload = await call('POST', '/v1/uploads', body)
    uppy.setFileMeta(id, { berth: upload.id })
    return upload
  }

  /** The upload of an earlier try, of which only the answer may have been lost; null without one. */
  async function resume(file) {
    if (!idOf(file)) return null
    const path = pathOf(idOf(file))
    const upload = await call('GET', path).catch(() => null)
    if (!/^(pending|received|verifying|ready)$/.test(upload?.state)) return null
    if (upload.state !== 'pending') return { ...upload, isThere: true }
    const isThere = await call('POST', `${path}/complete`).then(
      () => true,
      () => false,
    )
    return { ...upload, isThere }
  }

  async function begin(file) {
    const earlier = await resume(file)
    const upload = earlier ?? (await create(file))
    uploads.set(upload.id, upload)
    // What the plugin has kept is of a multipart upload that is no more, or is whole.
    if (!earlier) uppy.setFileState(file.id, { s3Multipart: undefined })
    if (upload.isThere) uppy.setFileState(file.id, { s3Multipart: partsWhenThere?.(upload.id) })
  }

  async function verify(file) {
    const path = pathOf(idOf(file))
    let upload = await call('POST', `${path}/complete`)
    while (/^(received|verifying)$/.test(upload.state))
      upload = await call('GET', `${path}?wait=20`)
    uploads.set(upload.id, upload)
    if (upload.state !== 'ready') throw new Error(wordsFor(upload))
    const { response } = uppy.getFile(file.id)
    const body = { ...response?.body, upload }
    uppy.setFileState(file.id, { response: { ...response, body } })
  }

  /** Every file on its own: one that is refused does not hold the others up. */
  const step = (name, message, act) => (fileIds) =>
    Promise.all(
      fileIds.map(async (id) => {
        const file = uppy.getFile(id)
        if (!file || file.error) return
        uppy.emit(`${name}-progress`, file, { mode: 'indeterminate', message })
        try {
          await act(file)
        } catch (error) {
          uppy.emit('upload-error', uppy.getFile(id), error)
        }
        uppy.emit(`${name}-complete`, uppy.getFile(id))
      }),
    )
  uppy.addPreProcessor(step('preprocess', 'Asking for a slot', begin))
  uppy.addPostProcessor(step('postprocess', 'Verifying', verify))
  uppy.on('file-removed', (file) => {
    const upload = uploadOf(file)
    if (upload && !/^(ready|rejected)$/.test(upload.state)) void cancel(upload.id)
  })

  const cancel = (id) => call('DELETE', pathOf(id)).catch(() => undefined)

  return {
    idOf,
    addressOf: (id) => baseUrl + pathOf(id),
    /** Whether the store has the bytes already, from an earlier try. */
    isThere: (file) => Boolean(uploadOf(file)?.isThere),
    /** Whether Berth has planned the file in parts. */
    isInParts: (file) => Boolean(uploadOf(file)?.parts) && !uploadOf(file).isThere,
    /** Bytes of each part. Uppy tells no more of the file than its size, which is what it hangs on. */
    partBytes: (size) =>
      [...uploads.values()].find((upload) => upload.size === size && upload.parts)?.parts.size,
    slotOf: async (id) => {
      const upload = uploads.get(id)
      if (upload.isThere) return NOWHERE
      const lives = upload.slot && Date.parse(upload.slot.expiresAt) - Date.now()
      const { slot } = lives > SHORTEST_LIFE_MS ? upload : await call('POST', `${pathOf(id)}/slot`)
      return slot
    },
    slotOfPart: async (id, partNumber) => {
      const { parts } = await call('POST', `${pathOf(id)}/parts`, { partNumbers: [partNumber] })
      return parts[0]
    },
    /** What the store holds: `{ partNumber, size, etag }` each. */
    partsOf: async (id) => (await call('GET', `${pathOf(id)}/parts`)).parts,
    complete: (id) => call('POST', `${pathOf(id)}/complete`),
    cancel,
  }
}

const wordsFor = ({ state, rejection }) =>
  rejection ? `Rejected: ${rejection.detail}` : `The upload is ${state}`

/** Calls of Berth's API. One token does for the page, as an upload belongs to the token that made it. */
function createCall(baseUrl, token) {
  let asked = null
  const bearer = () =>
    (asked ??= token().catch((error) => {
      asked = null
      throw error
    }))
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${await bearer()}` }
    if (body) headers['content-type'] = 'application/json'
    const answer = await fetch(baseUrl + path, { method, headers, body: JSON.stringify(body) })
    if (answer.ok) return answer.json()
    if (answer.status === 401) asked = null
    const { title, detail } = await answer.json()
    throw new Error(`${title}: ${detail}`)
  }
}
