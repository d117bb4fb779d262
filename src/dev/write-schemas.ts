/** `make openapi`: writes what describes the API and the profiles file, as it is committed. */

import { writeFileSync } from 'node:fs'
import { describe } from '../http/description.ts'
import { describeProfilesFile } from '../profiles-file.ts'

const write = (file: string, description: unknown): void =>
  writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`)

write('openapi.json', describe(''))
write('docs/profiles.schema.json', describeProfilesFile())
