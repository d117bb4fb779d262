/** The states of an upload and what may follow what, written down once more, from the document. */

const FOLLOWERS: Record<string, string> = {
  pending: 'received expired canceled',
  received: 'verifying pending canceled expired',
  verifying: 'ready rejected received failed canceled',
  ready: 'deleted',
  failed: 'received',
  rejected: '',
  expired: '',
  canceled: '',
  deleted: '',
}

export const mayFollow = (from: string, to: string): boolean =>
  (FOLLOWERS[from] ?? '').split(' ').includes(to)

const OPEN = ['pending', 'received', 'verifying']

export const isOver = (state: string): boolean => !OPEN.includes(state)
