import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numberText } from '../../../src/simulator/wire/json.ts'
import { needsRecordings, recordingPath } from '../../support/recordings.ts'

/** Reference implementation: the shorter of the two formats, the plain one if equal. */
function slowText(value: number): string {
  const [digits = '', power = ''] = value.toExponential().split('e')
  const exponent = `${digits.includes('.') ? digits : `${digits}.0`}e${power.replace('+', '')}`
  const text = String(value)
  const plain = text.includes('.') ? text : `${text}.0`
  return exponent.length < plain.length ? exponent : plain
}

describe('a number', () => {
  it.each([
    [18_000, '1.8e4'],
    [80_600, '8.06e4'],
    [300_000, '3.0e5'],
    [1_000_200, '1.0002e6'],
    [999_990, '999990.0'],
    [0.000_28, '2.8e-4'],
    [-0.000_217_14, '-2.1714e-4'],
    [15_007, '15007.0'],
    [30_310, '30310.0'],
    [4_040, '4040.0'],
    [2_000, '2.0e3'],
    [200, '200.0'],
    [0, '0.0'],
    [0.0005, '0.0005'],
    [0.0285, '0.0285'],
    [76_914.5, '76914.5'],
  ])('%d is formatted as %s, like on the exchange', (value, text) => {
    expect(numberText(value)).toBe(text)
  })

  it('is formatted in the shorter form and parsed to the same number', () => {
    const values = fc.oneof(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc
        .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 9 }))
        .map(([digits, zeros]) => digits * 10 ** zeros),
      fc.integer({ min: 1, max: 1e9 }).map((digits) => digits / 1e6),
    )
    fc.assert(
      fc.property(values, (value) => {
        expect(numberText(value)).toBe(slowText(value))
        expect(Number(numberText(value))).toBe(value)
      }),
      { numRuns: 10_000 },
    )
  })

  it(
    'is formatted as in the recording of September 2026, for all its numbers',
    needsRecordings(),
    () => {
      const file = recordingPath('futures-options-100ms-2026-09-20.jsonl')
      const lines = readFileSync(file, 'utf8').trim().split('\n')
      const spellings = lines.flatMap((line) => {
        const { raw } = JSON.parse(line) as { raw: string }
        return [...raw.matchAll(/[[,:](-?\d+\.\d+(?:e-?\d+)?)(?=[,\]}])/g)].map(([, text]) => text)
      })
      expect(spellings.length).toBeGreaterThan(700)
      expect(spellings.map((text) => numberText(Number(text)))).toEqual(spellings)
    },
  )
})
