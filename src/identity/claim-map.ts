/** Where each field of a grant comes from: `tenant:=acme,profile=upload_profile`. */

const FIELDS = ['tenant', 'profile', 'subject', 'maxUploads', 'maxBytes'] as const

export type GrantField = (typeof FIELDS)[number]

/** A claim of the token, or a value that is always the same. */
export type ClaimSource = { claim: string } | { value: string }

export type ClaimMap = Record<GrantField, ClaimSource>

export const CLAIM_MAP = new RegExp(`^((${FIELDS.join('|')}):?=[^,]+(,|$))*$`)

export const CLAIM_MAP_EXPECTED = `expected field=claim or field:=value, separated by commas, of ${FIELDS.join(', ')}`

/** @param text as `CLAIM_MAP` has it. A field that it does not name is read from its own claim. */
export function parseClaimMap(text: string): ClaimMap {
  const given = text.split(',').map((pair) => /^(\w+)(:?=)(.+)$/.exec(pair))
  const sourceOf = (field: GrantField, usual: string = field): ClaimSource => {
    const [, , how, what = ''] = given.find((pair) => pair?.[1] === field) ?? []
    if (how === undefined) return { claim: usual }
    return how === '=' ? { claim: what } : { value: what }
  }
  return {
    tenant: sourceOf('tenant'),
    profile: sourceOf('profile'),
    subject: sourceOf('subject', 'sub'),
    maxUploads: sourceOf('maxUploads'),
    maxBytes: sourceOf('maxBytes'),
  }
}
