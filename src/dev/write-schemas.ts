/** `make openapi`: writes the API description to the file that is committed. */

import { writeFileSync } from 'node:fs'
import { describe } from '../http/description.ts'

writeFileSync('openapi.json', `${JSON.stringify(describe(''), null, 2)}\n`)
