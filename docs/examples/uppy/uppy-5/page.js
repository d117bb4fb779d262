import Uppy from '@uppy/core'
import Dashboard from '@uppy/dashboard'
import '@uppy/core/css/style.min.css'
import '@uppy/dashboard/css/style.min.css'
import { sendThroughBerth } from './adapter.js'

const token = async () => {
  const answer = await fetch('/upload-token', { method: 'POST' })
  return (await answer.json()).token
}

const uppy = new Uppy().use(Dashboard, { inline: true, target: '#files' })
sendThroughBerth(uppy, { baseUrl: document.body.dataset.berth, token })
uppy.on('complete', ({ successful }) => {
  const records = successful.map(({ response }) => response.body.upload)
  const lines = records.map(({ filename, object }) => `${filename} ${object.sha256}`)
  document.querySelector('#ready').append(lines.join('\n'))
})
