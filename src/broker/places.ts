/** Where Berth keeps objects: two folders below the prefix of each profile. */

import type { Place } from '../store/walks.ts'
import type { Deps } from './deps.ts'

export function placesOf({ profiles, bucket }: Pick<Deps, 'profiles' | 'bucket'>): Place[] {
  const places = new Map<string, Place>()
  for (const profile of profiles.values()) {
    const name = profile.bucket ?? bucket.name
    for (const folder of [`${profile.prefix}staging/`, `${profile.prefix}objects/`]) {
      places.set(`${name}/${folder}`, { bucket: name, folder })
    }
  }
  return [...places.values()]
}
