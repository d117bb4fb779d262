import { describe, expect, it } from '@jest/globals'
import { isFinal, isLegal, NEXT_STATES } from '../../src/upload/transitions.ts'
import { UPLOAD_STATES } from '../../src/upload/upload.ts'

describe('NEXT_STATES', () => {
  it('reaches every state from pending, so that none is dead', () => {
    const reached = new Set(['pending'])
    for (let grown = 0; grown !== reached.size;) {
      grown = reached.size
      for (const state of UPLOAD_STATES) {
        if (reached.has(state)) NEXT_STATES[state].forEach((next) => reached.add(next))
      }
    }
    expect([...reached].sort()).toEqual([...UPLOAD_STATES].sort())
  })

  it('lets nothing leave a final state but ready → deleted and failed → received', () => {
    const leaving = UPLOAD_STATES.filter(isFinal).flatMap((from) =>
      NEXT_STATES[from].map((to) => `${from}→${to}`),
    )
    expect(leaving.sort()).toEqual(['failed→received', 'ready→deleted'])
  })

  it('makes an upload ready from verifying alone', () => {
    const before = UPLOAD_STATES.filter((from) => isLegal(from, 'ready'))
    expect(before).toEqual(['verifying'])
  })
})
