// The drop zone: asks for a slot, PUTs the file to the store, follows the upload to its end.

const key = document.querySelector('meta[name="berth-key"]').content
const zone = document.querySelector('#zone')
const list = document.querySelector('#files')
const choose = document.querySelector('#choose')

choose.addEventListener('change', () => uploadAll(choose.files))
zone.addEventListener('dragover', (event) => {
  event.preventDefault()
  zone.classList.add('over')
})
zone.addEventListener('dragleave', () => zone.classList.remove('over'))
zone.addEventListener('drop', (event) => {
  event.preventDefault()
  zone.classList.remove('over')
  uploadAll(event.dataTransfer.files)
})

function uploadAll(files) {
  for (const file of files) void upload(file)
}

async function upload(file) {
  const row = showRow(file.name)
  try {
    row.say('asking for a slot')
    const issued = await call('POST', '/v1/uploads', {
      filename: file.name,
      contentType: file.type || 'application/octet-stream',
      size: file.size,
    })
    row.say('uploading')
    if (issued.parts) await putParts(issued, file, row.progress)
    else await put(issued.slot, file, (sent) => row.progress(sent / file.size))
    row.say('verifying')
    const ended = await untilFinal(issued.id)
    if (ended.state !== 'ready') throw new Error(ended.rejection?.detail ?? ended.state)
    const { url } = await call('GET', `/v1/uploads/${issued.id}/download`)
    row.done(ended.object.sha256, url)
  } catch (error) {
    row.fail(error.message)
  }
}

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const json = await answer.json()
  if (!answer.ok) throw new Error(`${json.title}: ${json.detail}; expected ${json.expected}`)
  return json
}

const URLS_AT_ONCE = 10

// One part after the other: simple, and a page that is left wastes one part at most.
async function putParts({ id, parts: { size, count } }, file, progress) {
  for (let first = 1; first <= count; first += URLS_AT_ONCE) {
    const length = Math.min(URLS_AT_ONCE, count - first + 1)
    const partNumbers = Array.from({ length }, (_, index) => first + index)
    const { parts } = await call('POST', `/v1/uploads/${id}/parts`, { partNumbers })
    for (const part of parts) {
      const start = (part.partNumber - 1) * size
      const piece = file.slice(start, start + part.size)
      await put(part, piece, (sent) => progress((start + sent) / file.size))
    }
  }
}

// fetch tells nothing about the progress of a request body; XMLHttpRequest does.
function put({ method, url, headers }, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', ({ loaded }) => progress(loaded))
    request.addEventListener('load', () => {
      // 412: an object is there already, perhaps from a try whose answer was lost. Berth knows.
      if (request.status < 300 || request.status === 412) resolve()
      else reject(new Error(`the store refused the file (${request.status})`))
    })
    request.addEventListener('error', () => reject(new Error('the store cannot be reached')))
    request.send(file)
  })
}

async function untilFinal(id) {
  await call('POST', `/v1/uploads/${id}/complete`)
  for (;;) {
    const upload = await call('GET', `/v1/uploads/${id}?wait=20`)
    if (!['pending', 'received', 'verifying'].includes(upload.state)) return upload
  }
}

function showRow(name) {
  const row = document.createElement('li')
  const title = document.createElement('strong')
  const bar = document.createElement('progress')
  const state = document.createElement('span')
  title.textContent = name
  bar.max = 1
  bar.value = 0
  bar.setAttribute('aria-label', `progress of ${name}`)
  row.append(title, bar, state)
  list.prepend(row)
  return {
    say: (text) => (state.textContent = text),
    progress: (part) => (bar.value = part),
    fail: (text) => {
      state.className = 'bad'
      state.textContent = text
    },
    done: (sha256, url) => {
      bar.value = 1
      const link = document.createElement('a')
      link.href = url
      link.textContent = 'download'
      state.replaceChildren(`ready, SHA-256 ${sha256} · `, link)
    },
  }
}
