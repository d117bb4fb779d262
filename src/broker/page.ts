/** One page of a list that was asked for one row more than the page holds: it tells whether there is a next one. */

/** @returns the page, and the id of its last row when there is a next page. */
export function pageOf<Row extends { id: string }>(
  found: readonly Row[],
  limit: number,
): { rows: Row[]; nextId: string | null } {
  const rows = found.slice(0, limit)
  return { rows, nextId: found.length > limit ? (rows.at(-1)?.id ?? null) : null }
}
