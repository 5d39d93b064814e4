import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { AppError } from '../../src/errors.ts'

type Environment = Record<string, string>

const warningsOf = (environment: Environment) =>
  readConfig(environment, { isStrict: false }).warnings

function problemsOf(environment: Environment): unknown {
  try {
    readConfig(environment, { isStrict: true })
    return []
  } catch (error) {
    return error instanceof AppError ? error.context['problems'] : error
  }
}

describe('BOOK_GROUP', () => {
  it.each([
    ['none', 'any:any,SOL_USDC-PERPETUAL'],
    ['1', 'BTC-PERPETUAL'],
    ['2', 'future:BTC,BTC-25DEC26-90000-C'],
    ['5', 'BTC-PERPETUAL,ETH-PERPETUAL,option:ETH'],
    ['10', 'BTC-FS-25DEC26_PERP,ETH-25DEC26'],
    ['25', 'ETH-PERPETUAL'],
    ['250', 'any:ETH'],
  ])('%s is documented for %s', (BOOK_GROUP, INSTRUMENTS) => {
    expect(warningsOf({ BOOK_GROUP, INSTRUMENTS })).toEqual([])
    expect(problemsOf({ BOOK_GROUP, INSTRUMENTS })).toEqual([])
  })

  it.each([
    ['25', 'BTC-PERPETUAL,ETH-PERPETUAL', 'BTC-PERPETUAL'],
    ['1', 'BTC-PERPETUAL,ETH-PERPETUAL', 'ETH-PERPETUAL'],
    ['3', 'BTC-PERPETUAL,ETH-PERPETUAL', 'BTC-PERPETUAL,ETH-PERPETUAL'],
    ['5', 'SOL_USDC-PERPETUAL', 'SOL_USDC-PERPETUAL'],
    ['5', 'BTC_USDC-PERPETUAL,BTC_USDC', 'BTC_USDC-PERPETUAL,BTC_USDC'],
    ['5', 'any:any', 'any:any'],
    ['5', 'future:BTC,future:USDC', 'future:USDC'],
    ['5', 'A,B,C,D,E,F,G', 'A,B,C,D,E and 2 more'],
  ])('warns about %s for %s; an error when strict', (BOOK_GROUP, INSTRUMENTS, named) => {
    const warning =
      `BOOK_GROUP="${BOOK_GROUP}" is not documented by the exchange for ${named}; these books may ` +
      'get no data (documented: BTC none,1,2,5,10; ETH none,5,10,25,100,250; others none)'
    expect(warningsOf({ BOOK_GROUP, INSTRUMENTS })).toEqual([warning])
    expect(problemsOf({ BOOK_GROUP, INSTRUMENTS })).toEqual([warning])
  })

  it('is not checked where it has no effect', () => {
    const odd = { BOOK_GROUP: '3' }
    expect(problemsOf({ ...odd, BOOK_MODE: 'incremental' })).toEqual([])
    expect(problemsOf({ ...odd, ROLE: 'consumer', KAFKA_BROKERS: 'a:1' })).toEqual([])
  })
})
