/** The ceiling: Express reads a JSON body and sends it back, and does nothing else. */

import express from 'express'
import { listen } from './shared.mjs'

const app = express()
app.use(express.json())
app.post('/', (req, res) => {
  res.json(req.body)
})
await listen(app)
