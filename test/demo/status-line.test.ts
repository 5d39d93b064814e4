import { expect, it } from 'vitest'
import { StatusLine } from '../../src/demo/terminal.ts'
import { Screen } from './screen.ts'

it('stays below the output and overwrites itself', () => {
  const screen = new Screen()
  const status = new StatusLine(screen)
  status.show('a long first status')
  status.show('second')
  status.above('one\ntwo\n')
  status.above('without an end')
  expect(screen.lines).toEqual(['one', 'two', 'without an end', 'second'])
  status.end()
  status.above('last\n')
  expect(screen.lines).toEqual(['one', 'two', 'without an end', 'last', ''])
})

it.each([20, 1])('never wraps in a terminal of %i columns', (columns) => {
  const screen = new Screen()
  screen.columns = columns
  new StatusLine(screen).show('x'.repeat(200))
  expect(screen.lines.map(({ length }) => length < columns || length === 1)).toEqual([true])
  expect(screen.lines[0]?.endsWith('…')).toBe(true)
})

it('uses 80 columns if the terminal does not report its width', () => {
  const screen = new Screen()
  screen.columns = 0
  new StatusLine(screen).show('x'.repeat(79))
  expect(screen.lines).toEqual(['x'.repeat(79)])
})
