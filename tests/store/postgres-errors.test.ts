import { describe, expect, it } from '@jest/globals'
import { isConnectionLost, isUnavailable } from '../../src/store/postgres-errors.ts'

describe('an error code of the server', () => {
  const answer = (code: string, severity = 'ERROR') => ({ code, severity })
  it.each([
    '53300',
    '53100',
    '57P01',
    '57P02',
    '57P03',
    '57014',
    '40001',
    '40P01',
    '55P03',
    '08006',
  ])('%s may pass, so callers are told to come back', (code) => {
    expect(isUnavailable(answer(code))).toBe(true)
  })

  it.each(['23505', '23503', '42P01', '22021'])('%s is no fault of the moment', (code) => {
    expect(isUnavailable(answer(code))).toBe(false)
    expect(isConnectionLost(answer(code))).toBe(false)
  })

  it('ends the connection when it is fatal, and so does an error that is no answer', () => {
    expect(isConnectionLost(answer('XX000', 'FATAL'))).toBe(true)
    expect(isConnectionLost(new Error('read ECONNRESET'))).toBe(true)
  })
})
