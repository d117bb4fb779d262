import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'

/** Of each, at least one has to be among these: all let anybody use Berth under its own licence. */
const FREE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
])

type Package = { license?: string; dev?: boolean; devOptional?: boolean }

it('everything that is installed with Berth may be: licences by the lock file', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, Package>
  }
  const shipped = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true,
  )
  const odd = shipped.filter(
    ([, { license = '' }]) => !license.split(/[()]| OR /).some((name) => FREE.has(name)),
  )
  expect(odd.map(([path, { license }]) => [path, license])).toEqual([])
  expect(shipped.length).toBeGreaterThan(100)
})
