import { describe, expect, it } from 'vitest'
import { mayHaveNegativePrices } from '../../src/model/status.ts'

describe('prices below 0 are ordinary', () => {
  it.each([
    'BTC-FS-25DEC26_PERP',
    'BTC-FS-25DEC26_27NOV26',
    'BTC_USDC-FS-25DEC26_PERP',
    'ETH-CS-27NOV26-2400_2500',
    'BTC-PCAL-25DEC26_27NOV26-90000',
    'BTC-STRD-27NOV26-90000',
    'BTC-CSR12-27NOV26-90000_95000',
    'BTC-ICOND-27NOV26-80000_85000_95000_99000',
  ])('for the combo %s', (name) => {
    expect(mayHaveNegativePrices(name)).toBe(true)
  })

  it.each([
    'BTC-PERPETUAL',
    'BTC_USDC-PERPETUAL',
    'BTC-25DEC26',
    'ETH-5JAN27',
    'SOL_USDC-25DEC26',
    'BTC-25DEC26-90000-C',
    'XRP_USDC-25DEC26-0d625-P',
    'BTC_USDC',
    'PERPETUAL',
    'FS-',
    '',
  ])('but not for %s', (name) => {
    expect(mayHaveNegativePrices(name)).toBe(false)
  })
})
