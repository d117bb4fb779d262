import { expect, it } from '@jest/globals'
import { askedTogether } from '../../src/broker/asked-together.ts'

it('those who ask in one turn share an answer, and it is asked for after all of them', async () => {
  const asked: string[] = []
  let value = 'before'
  const ask = askedTogether((name) => {
    asked.push(name)
    return Promise.resolve(`${name} ${value}`)
  })
  const answers = [ask('a'), ask('a'), ask('b')]
  value = 'as the turn ends'
  expect(await Promise.all(answers)).toEqual([
    'a as the turn ends',
    'a as the turn ends',
    'b as the turn ends',
  ])
  expect(asked).toEqual(['a', 'b'])
})

it('whoever asks in the next turn gets an answer of its own', async () => {
  let asked = 0
  const ask = askedTogether(() => Promise.resolve((asked += 1)))
  expect(await ask('a')).toBe(1)
  expect(await ask('a')).toBe(2)
})

it('an error reaches everybody who asked, and nobody after them', async () => {
  let isAway = true
  const ask = askedTogether(() =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve('here'),
  )
  const settled = await Promise.allSettled([ask('a'), ask('a')])
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isAway = false
  expect(await ask('a')).toBe('here')
})
