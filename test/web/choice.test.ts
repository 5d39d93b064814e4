import { describe, expect, it } from 'vitest'
import { Choice } from '../../web/data/choice.ts'

const NAMES = ['BTC-4DEC26', 'BTC-PERPETUAL', 'ETH_USDC-PERPETUAL']

describe('the instrument in focus', () => {
  it('is the one in the URL', () => {
    expect(new Choice('#ETH_USDC-PERPETUAL').next(NAMES, null)).toBe('ETH_USDC-PERPETUAL')
    expect(new Choice('#BTC%2D4DEC26').next(NAMES, null)).toBe('BTC-4DEC26')
  })

  it('defaults to a perpetual, else to any instrument', () => {
    expect(new Choice('').next(NAMES, null)).toBe('BTC-PERPETUAL')
    expect(new Choice('#').next(['BTC-4DEC26'], null)).toBe('BTC-4DEC26')
    expect(new Choice('').next([], null)).toBeNull()
  })

  it('is another one until the one in the URL is listed', () => {
    const choice = new Choice('#SOL_USDC-PERPETUAL')
    expect(choice.next(NAMES, null)).toBe('BTC-PERPETUAL')
    expect(choice.next(NAMES, 'BTC-PERPETUAL')).toBeNull()
    expect(choice.next([...NAMES, 'SOL_USDC-PERPETUAL'], 'BTC-PERPETUAL')).toBe(
      'SOL_USDC-PERPETUAL',
    )
    expect(choice.next([...NAMES, 'SOL_USDC-PERPETUAL'], 'BTC-PERPETUAL')).toBeNull()
  })

  it('stays the one that the user selected', () => {
    const choice = new Choice('#SOL_USDC-PERPETUAL')
    choice.end()
    expect(choice.next([...NAMES, 'SOL_USDC-PERPETUAL'], 'BTC-4DEC26')).toBeNull()
  })

  it('ignores an invalid URL fragment', () => {
    for (const hash of ['#%', '#%E0%A4%A', '#<img>']) {
      expect(new Choice(hash).next(NAMES, null)).toBe('BTC-PERPETUAL')
    }
  })
})
