// The table of capabilities that the contract tests have just checked, one column a store.
import { readdirSync, readFileSync } from 'node:fs'

const folder = 'test-output/capabilities'
const stores = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  capabilities: JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')),
}))
const rows = Object.keys(stores[0].capabilities).map((capability) => [
  capability,
  ...stores.map(({ capabilities }) => (capabilities[capability] ? 'yes' : 'no')),
])
const table = [['capability', ...stores.map(({ name }) => name)], ...rows]
for (const row of table) console.log(row.map((cell) => cell.padEnd(26)).join(''))
