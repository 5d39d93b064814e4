import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SIMULATOR_USAGE } from '../../src/simulator/cli.ts'
import { FAULTS } from '../../src/simulator/faults/catalogue.ts'

const text = readFileSync('docs/simulator.md', 'utf8')
const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

describe('docs/simulator.md', () => {
  it('has a row for every scenario, as the catalogue reports it', () => {
    const documented = rows.filter(([, , lasts]) => lasts === 'state' || lasts === 'event')
    expect(documented.map((cells) => [cells[1], cells[2], cells[4], cells[5]])).toEqual(
      FAULTS.map(({ name, lasts, acceptsInstruments, what }) => [
        `\`${name}\``,
        lasts,
        acceptsInstruments ? 'yes' : '',
        what,
      ]),
    )
  })

  it('has a row for every option of the help but --help', () => {
    const options = [...SIMULATOR_USAGE.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name)
    const documented = rows.flatMap(([, cell = '']) => /^`(--[a-z-]+)/.exec(cell)?.[1] ?? [])
    expect(documented).toEqual(options.filter((name) => name !== '--help'))
  })
})
