import { describe, expect, it } from 'vitest'
import {
  InstrumentDirectory,
  parseSelector,
} from '../../../src/deribit/instruments/instrument-directory.ts'
import {
  parseInstrument,
  parseInstruments,
} from '../../../src/deribit/protocol/parse-instrument.ts'
import { infoOf, instrumentJson } from './infos.ts'

function directoryOf(setting: string, maxInstruments = 100): InstrumentDirectory {
  return new InstrumentDirectory({
    selectors: setting.split(',').map(parseSelector),
    maxInstruments,
  })
}

const FUTURES = { kind: 'future', currency: 'BTC' } as const

describe('the instrument object of the exchange', () => {
  it.each([
    ['an inverse perpetual', { instrument_type: 'reversed' }, 'USD'],
    ['a linear perpetual', { instrument_type: 'linear', quote_currency: 'USDC' }, 'BTC'],
    ['an option', { kind: 'option', instrument_type: 'reversed' }, 'BTC'],
    ['a spot pair', { kind: 'spot', instrument_type: 'linear' }, 'BTC'],
  ])('counts the amounts of %s in its unit', (_what, fields, unit) => {
    expect(parseInstrument(instrumentJson('BTC-PERPETUAL', fields))?.amountUnit).toBe(unit)
  })

  it.each([
    ['no name', { instrument_name: undefined }],
    ['a name that is none', { instrument_name: 'a b' }],
    ['no tick', { tick_size: 0 }],
    ['no kind', { kind: 7 }],
  ])('is none with %s', (_what, fields) => {
    expect(parseInstrument(instrumentJson('BTC-PERPETUAL', fields))).toBeNull()
  })

  it('is excluded from a list if it is invalid, and the others stay', () => {
    const list = [instrumentJson('A'), null, 'x', instrumentJson('B')]
    expect(parseInstruments(list)?.map(({ instrument }) => instrument)).toEqual(['A', 'B'])
    expect(parseInstruments({ no: 'list' })).toBeNull()
  })

  it('ignores an unknown status', () => {
    expect(parseInstrument(instrumentJson('A', { state: 'dreaming' }))?.status).toBeNull()
  })
})

describe('the instrument directory', () => {
  it('selects names at once, and instruments of a selector when its list arrives', () => {
    const directory = directoryOf('ETH-PERPETUAL,future:BTC')
    expect(directory.wanted().instruments).toEqual(['ETH-PERPETUAL'])
    expect(directory.calls).toEqual([FUTURES])
    directory.applyListing(FUTURES, [infoOf('BTC-B'), infoOf('BTC-A'), infoOf('O', 'option')])
    expect(directory.wanted().instruments).toEqual(['ETH-PERPETUAL', 'BTC-A', 'BTC-B'])
  })

  it('requests a list once for several selectors, and excludes combos from any', () => {
    const directory = directoryOf('future:BTC,any:BTC')
    expect(directory.calls).toEqual([
      FUTURES,
      { kind: 'option', currency: 'BTC' },
      { kind: 'spot', currency: 'BTC' },
    ])
  })

  it('applies the limit in the order of INSTRUMENTS, then by name', () => {
    const directory = directoryOf('future:BTC,ETH-PERPETUAL', 2)
    directory.applyListing(FUTURES, [infoOf('C'), infoOf('A'), infoOf('B')])
    expect(directory.wanted()).toEqual({
      instruments: ['A', 'B'],
      overLimit: ['C', 'ETH-PERPETUAL'],
    })
  })

  it('selects its shard before the limit applies', () => {
    const shared = new InstrumentDirectory({
      selectors: ['A', 'B', 'C', 'D'].map(parseSelector),
      maxInstruments: 1,
      isInShard: (instrument) => ['B', 'D'].includes(instrument),
    })
    expect(shared.wanted()).toEqual({ instruments: ['B'], overLimit: ['D'] })
  })

  it('drops instruments with a final status, even named ones', () => {
    const directory = directoryOf('ETH-PERPETUAL,future:BTC')
    directory.applyListing(FUTURES, [infoOf('A'), infoOf('B')])
    directory.applyStatus('A', 'delivered')
    directory.applyStatus('ETH-PERPETUAL', 'archivized')
    directory.applyStatus('B', 'settlement')
    expect(directory.wanted().instruments).toEqual(['B'])
    expect(directory.infos()).toEqual([{ ...infoOf('B'), status: 'settlement' }])
  })

  it('forgets instruments that are in no list any more', () => {
    const directory = directoryOf('N,future:BTC')
    directory.applyInfo(infoOf('N'))
    directory.applyListing(FUTURES, [infoOf('A'), infoOf('B')])
    directory.applyStatus('A', 'delivered')
    directory.applyListing(FUTURES, [infoOf('B')])
    expect(directory.info('A')).toBeUndefined()
    expect(directory.infos().map(({ instrument }) => instrument)).toEqual(['N', 'B'])
    // Not ours, and never was: its end is none of our business.
    directory.applyStatus('X', 'delivered')
    directory.applyListing(FUTURES, [infoOf('X')])
    expect(directory.wanted().instruments).toEqual(['N', 'X'])
  })

  it('reports a status of an instrument that is in none of its lists', () => {
    const directory = directoryOf('ETH-PERPETUAL,future:BTC')
    directory.applyListing(FUTURES, [infoOf('A')])
    expect(directory.applyStatus('A', 'open')).toBeNull()
    expect(directory.applyStatus('NEW', 'open')).toBe('lists')
    expect(directory.applyStatus('NEW', 'open')).toBeNull()
    expect(directory.applyStatus('OLD', 'delivered')).toBeNull()
    expect(directoryOf('ETH-PERPETUAL').applyStatus('NEW', 'open')).toBeNull()
  })

  it('reports when an instrument trades again, and only then', () => {
    const directory = directoryOf('ETH-PERPETUAL,future:BTC')
    directory.applyListing(FUTURES, [infoOf('A')])
    directory.applyInfo(infoOf('ETH-PERPETUAL'))
    for (const instrument of ['A', 'ETH-PERPETUAL']) {
      expect(directory.applyStatus(instrument, 'open')).toBeNull()
      expect(directory.applyStatus(instrument, 'settlement')).toBeNull()
      expect(directory.applyStatus(instrument, 'locked')).toBeNull()
      expect(directory.applyStatus(instrument, 'open')).toBe('instrument')
      expect(directory.applyStatus(instrument, 'open')).toBeNull()
    }
  })
})
