import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readReply } from '../../src/inspect/scan/clamd-reply.ts'

const read = (text: string) => readReply(Buffer.from(text, 'latin1'))

describe('readReply', () => {
  it.each([
    ['stream: OK\0', { outcome: 'clean' }],
    ['stream: Eicar-Test FOUND\0', { outcome: 'infected', signature: 'Eicar-Test' }],
    [
      'stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0',
      { outcome: 'unscannable', reason: 'Heuristics.Limits.Exceeded.MaxFileSize' },
    ],
    [
      'stream: Heuristics.Encrypted.Zip FOUND\0',
      { outcome: 'unscannable', reason: 'Heuristics.Encrypted.Zip' },
    ],
    [
      'INSTREAM size limit exceeded. ERROR\0',
      { outcome: 'unscannable', reason: 'larger than the scanner takes' },
    ],
  ])('understands %j', (reply, verdict) => {
    expect(read(reply)).toEqual(verdict)
  })

  it.each([
    '',
    'stream: OK',
    'stream: OK\n',
    ' stream: OK\0',
    'stream: OK\0stream: Eicar FOUND\0',
    'stream: OKAY\0',
    'stream: ok\0',
    'stream: Eicar FOUND',
    'stream:  FOUND\0',
    'UNKNOWN COMMAND\0',
    'stream: lstat() failed. ERROR\0',
  ])('takes %j for no answer at all', (reply) => {
    expect(() => read(reply)).toThrow('scanner-unavailable')
  })

  it('calls nothing clean but the exact words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.string(), (before, after) => {
        fc.pre(before !== '' || after !== '')
        const verdict = (() => {
          try {
            return read(`${before}stream: OK\0${after}`).outcome
          } catch {
            return 'none'
          }
        })()
        expect(verdict).not.toBe('clean')
      }),
    )
  })
})
