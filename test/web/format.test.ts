import { describe, expect, it } from 'vitest'
import {
  digitsOf,
  formatAge,
  formatAmount,
  formatBasisPoints,
  formatLag,
  formatNumber,
  formatSigned,
  formatSpan,
} from '../../web/view/format.ts'

describe('numbers on the page', () => {
  it.each([
    [61_000.25, 2, '61,000.25'],
    [0.00525, 5, '0.00525'],
    [1e-8, 8, '0.00000001'],
    [-5, 0, '-5'],
    [-1_120.5, 1, '-1,120.5'],
    [-0.001, 2, '0.00'],
    [null, 2, '–'],
  ])('%s with %s digits is %s', (value, digits, text) => {
    expect(formatNumber(value, digits)).toBe(text)
  })

  it.each([
    [0.5, '+0.50'],
    [-0.5, '−0.50'],
    [-0.001, ' 0.00'],
    [null, '–'],
  ])('%s with its sign is %s', (value, text) => {
    expect(formatSigned(value, 2)).toBe(text)
  })

  it.each([
    [0.5, 1],
    [61_000, 0],
    [0.0001, 4],
    [1e-8, 8],
    [0.1 + 0.2, 1],
  ])('%s needs %s decimals', (value, digits) => {
    expect(digitsOf(value)).toBe(digits)
  })

  it.each([
    [0.084, '0.08 ms'],
    [9.996, '10.0 ms'],
    [250, '250 ms'],
    [999.9, '1.00 s'],
    [61_000, '1 min'],
    [null, '–'],
  ])('a lag of %s ms is %s', (ms, text) => {
    expect(formatLag(ms)).toBe(text)
  })

  it.each([
    [formatAge(420), '0.4 s'],
    [formatAge(12_400), '12 s'],
    [formatAge(-3), '0.0 s'],
    [formatSpan(59_999), '59 s'],
    [formatSpan(3_600_000), '1 h'],
    [formatSpan(49 * 3_600_000), '2 d'],
    [formatBasisPoints(0.0000082), '0.08 bp'],
    [formatBasisPoints(0.0126), '126 bp'],
    [formatAmount(911_000), '911k'],
    [formatAmount(24_990), '25.0k'],
    [formatAmount(-1_234_567), '−1.23M'],
    [formatAmount(999_960), '1.00M'],
    [formatAmount(0.1234), '0.1234'],
    [formatAmount(42), '42'],
  ])('%s is %s', (text, expected) => {
    expect(text).toBe(expected)
  })
})
