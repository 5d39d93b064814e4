import { describe, expect, it } from 'vitest'
import { type Caller, DirectoryLoader } from '../../../src/deribit/instruments/directory-loader.ts'
import {
  InstrumentDirectory,
  parseSelector,
} from '../../../src/deribit/instruments/instrument-directory.ts'
import type { ResponseMessage } from '../../../src/deribit/protocol/messages.ts'
import { recordingLogger } from '../../http/fakes.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { settle } from '../../support/settle.ts'
import { instrumentJson } from './infos.ts'

const answer = (result: unknown): ResponseMessage => ({
  type: 'response',
  id: 1,
  result,
  error: null,
  usIn: null,
  usOut: null,
})

const DAY_MS = 86_400_000
const COMBO = 'BTC-FS-25DEC26_PERP'

/** An answer that is an error. */
class Refusal {
  readonly message = 'refused'
  readonly code: number
  readonly detail: string

  constructor(code: number, detail = '') {
    this.code = code
    this.detail = detail
  }
}

function loading(
  setting: string,
  answerTo: (params: object) => unknown,
  status: unknown = { locked: 'false' },
) {
  const clock = new FakeClock()
  const logger = recordingLogger()
  const selectors = setting.split(',').map(parseSelector)
  const directory = new InstrumentDirectory({ selectors, maxInstruments: 100 })
  const calls: { method: string; params: object }[] = []
  const caller: Caller = {
    request(method, params) {
      // Asked on every connection, and not what most tests are about.
      if (method === 'public/status') return Promise.resolve(answer(status))
      calls.push({ method, params })
      const result = answerTo(params)
      if (result instanceof Error) return Promise.reject(result)
      if (result instanceof Refusal) return Promise.resolve({ ...answer(null), error: result })
      return Promise.resolve(answer(result))
    },
  }
  let loads = 0
  const locked: string[][] = []
  const loader = new DirectoryLoader({
    directory,
    clock,
    logger,
    onLockedIndices: (priceIndices) => locked.push([...priceIndices]),
    onLoaded: () => {
      loads += 1
    },
  })
  return { clock, directory, logger, calls, caller, loader, locked, loads: () => loads }
}

describe('instruments are requested', () => {
  it('by name and by list', async () => {
    const { loader, caller, calls, directory } = loading('ETH-PERPETUAL,future:BTC', (params) =>
      'kind' in params
        ? [instrumentJson('BTC-PERPETUAL')]
        : instrumentJson('ETH-PERPETUAL', { base_currency: 'ETH' }),
    )
    loader.start(caller)
    await settle()
    expect(calls).toEqual([
      { method: 'public/get_instruments', params: { kind: 'future', currency: 'BTC' } },
      { method: 'public/get_instrument', params: { instrument_name: 'ETH-PERPETUAL' } },
    ])
    expect(directory.wanted().instruments).toEqual(['ETH-PERPETUAL', 'BTC-PERPETUAL'])
    expect(directory.infos().map(({ baseCurrency }) => baseCurrency)).toEqual(['ETH', 'BTC'])
  })

  it('by lists at most five times at once, then once in ten seconds', async () => {
    const setting = ['BTC', 'ETH', 'USDC', 'USDT', 'EURR', 'SOL', 'XRP']
    const { loader, caller, calls, clock } = loading(
      setting.map((currency) => `option:${currency}`).join(','),
      () => [],
    )
    loader.start(caller)
    await settle()
    expect(calls).toHaveLength(5)
    clock.advance(9999)
    await settle()
    expect(calls).toHaveLength(5)
    clock.advance(1)
    await settle()
    expect(calls).toHaveLength(6)
    clock.advance(10_000)
    await settle()
    expect(calls).toHaveLength(7)
  })

  it('again after no response or an invalid one', async () => {
    let answers: unknown[] = [new Error('no answer'), { no: 'list' }, [instrumentJson('A')]]
    const { loader, caller, clock, directory, loads } = loading('future:BTC', () => {
      const [next, ...rest] = answers
      answers = rest
      return next
    })
    loader.start(caller)
    await settle()
    expect(loads()).toBe(0)
    for (let attempt = 0; attempt < 2; attempt += 1) {
      clock.advance(10_000)
      await settle()
    }
    expect(directory.wanted().instruments).toEqual(['A'])
  })

  it('again once for many listings at a time', async () => {
    const { loader, caller, calls, clock } = loading('future:BTC', () => [])
    loader.start(caller)
    await settle()
    for (let listing = 0; listing < 50; listing += 1) loader.reload()
    clock.advance(1000)
    await settle()
    expect(calls).toHaveLength(2)
  })

  it('again once for a name, and never in a queue that grows', async () => {
    const { loader, caller, calls, clock, directory } = loading('option:BTC', () => [])
    loader.start(caller)
    await settle()
    let reloads = 0
    for (let second = 0; second < 600; second += 1) {
      // A combo that is none of ours speaks every second.
      if (directory.applyStatus('BTC-CS-27NOV26-90000_95000', 'open') === 'lists') {
        reloads += 1
        loader.reload()
      }
      clock.advance(1000)
      await settle()
    }
    expect(reloads).toBe(1)
    expect(calls.length).toBeLessThanOrEqual(3)
    for (let second = 0; second < 600; second += 1) {
      loader.reload()
      clock.advance(1000)
      await settle()
      // The daily look is the third.
      expect(clock.pendingTimers).toBeLessThanOrEqual(3)
    }
    expect(calls.length).toBeLessThanOrEqual(3 + 5 + 61)
  })

  it('again if a list is suddenly empty, which removes no instrument', async () => {
    let list: object[] = [instrumentJson('A')]
    const { loader, caller, clock, directory } = loading('future:BTC', () => list)
    loader.start(caller)
    await settle()
    list = []
    loader.reload()
    clock.advance(1000)
    await settle()
    expect(directory.wanted().instruments).toEqual(['A'])
    list = [instrumentJson('B')]
    clock.advance(10_000)
    await settle()
    expect(directory.wanted().instruments).toEqual(['B'])
  })

  it('by name again a minute later if the exchange did not know it', async () => {
    const known: unknown[] = [
      new Error('no answer'),
      new Refusal(10_028),
      {},
      new Refusal(13_020),
      new Refusal(-32_602, 'instrument not found instrument_name'),
      instrumentJson('N'),
    ]
    const { loader, caller, clock, directory, logger } = loading('N', () => known.shift())
    loader.start(caller)
    for (let minute = 0; minute < 5; minute += 1) {
      await settle()
      expect(directory.info('N')).toBeUndefined()
      clock.advance(60_000)
    }
    await settle()
    expect(directory.info('N')?.instrument).toBe('N')
    // Only an answer shows that it does not.
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'instrument call failed',
      'instrument call failed',
      'N of INSTRUMENTS is unknown to the exchange',
      'N of INSTRUMENTS is unknown to the exchange',
      'N of INSTRUMENTS is unknown to the exchange',
    ])
  })

  it('by lists if hundreds are named', async () => {
    const names = Array.from({ length: 250 }, (_, number) => `N${number}`)
    const { loader, caller, calls, directory } = loading(names.join(','), () => [
      instrumentJson('N7'),
    ])
    loader.start(caller)
    await settle()
    expect(calls.map(({ method }) => method)).toEqual(Array(3).fill('public/get_instruments'))
    expect(directory.info('N7')?.instrument).toBe('N7')
    expect(directory.wanted().instruments).toHaveLength(100)
  })

  it('together with the locked indices', async () => {
    const { loader, caller, locked } = loading('N', () => ({}), {
      locked: 'partial',
      locked_indices: ['btc_usd', 7],
    })
    loader.start(caller)
    await settle()
    expect(locked).toEqual([['btc_usd']])
  })

  it('no longer once the connection is closed', async () => {
    const { loader, caller, calls, clock } = loading('future:BTC', () => new Error('gone'))
    loader.start(caller)
    await settle()
    loader.stop()
    loader.reload()
    clock.advance(100_000)
    await settle()
    expect(calls).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('again each day, because ticks and sizes change while instruments trade', async () => {
    let tick = 0.5
    const { loader, caller, clock, calls, directory, loads } = loading(
      'ETH-PERPETUAL,future:BTC',
      (params) =>
        'kind' in params
          ? [instrumentJson('BTC-PERPETUAL', { tick_size: tick })]
          : instrumentJson('ETH-PERPETUAL', { tick_size: tick }),
    )
    const ticks = () => directory.infos().map(({ tickSize }) => tickSize)
    loader.start(caller)
    await settle()
    expect(ticks()).toEqual([0.5, 0.5])
    for (const [day, newTick] of [0.25, 0.05, 1].entries()) {
      tick = newTick
      clock.advance(DAY_MS - 1)
      await settle()
      expect(calls).toHaveLength(2 * (day + 1))
      clock.advance(1)
      await settle()
      expect(calls).toHaveLength(2 * (day + 2))
      expect(ticks()).toEqual([newTick, newTick])
    }
    expect(loads()).toBe(8)
    loader.stop()
    clock.advance(2 * DAY_MS)
    await settle()
    expect(calls).toHaveLength(8)
    expect(clock.pendingTimers).toBe(0)
  })

  it('a day after this connection opened, not after an earlier one', async () => {
    const { loader, caller, clock, calls } = loading('N', () => instrumentJson('N'))
    loader.start(caller)
    await settle()
    clock.advance(DAY_MS - 1000)
    loader.start(caller)
    await settle()
    clock.advance(DAY_MS - 1)
    await settle()
    expect(calls).toHaveLength(2)
    clock.advance(1)
    await settle()
    expect(calls).toHaveLength(3)
  })

  it('once a day even if unknown ones are requested each minute', async () => {
    const { loader, caller, clock, calls } = loading('N', () => new Refusal(13_020))
    loader.start(caller)
    for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
      await settle()
      clock.advance(60_000)
    }
    await settle()
    expect(calls).toHaveLength(3 * 24 * 60 + 1)
  })

  it('by name soon after one trades again, and not again within a minute', async () => {
    const { loader, caller, clock, calls } = loading('future:BTC', (params) =>
      'kind' in params ? [instrumentJson('A'), instrumentJson('B')] : instrumentJson('A'),
    )
    loader.start(caller)
    await settle()
    loader.reread('A')
    loader.reread('A')
    clock.advance(999)
    await settle()
    expect(calls).toHaveLength(1)
    clock.advance(1)
    await settle()
    expect(calls.slice(1)).toEqual([
      { method: 'public/get_instrument', params: { instrument_name: 'A' } },
    ])
    for (let second = 0; second < 600; second += 1) {
      loader.reread('B')
      clock.advance(1000)
      await settle()
      expect(clock.pendingTimers).toBeLessThanOrEqual(2)
    }
    expect(calls.length).toBeLessThanOrEqual(2 + 10)
    expect(calls.length).toBeGreaterThanOrEqual(2 + 9)
  })

  it('by lists if many trade again, as after the daily settlement', async () => {
    const names = Array.from({ length: 500 }, (_, number) => `N${number}`)
    const { loader, caller, clock, calls } = loading('any:any', (params) =>
      'kind' in params && params.kind === 'future' ? names.map((name) => instrumentJson(name)) : [],
    )
    loader.start(caller)
    await settle()
    expect(calls).toHaveLength(3)
    for (const name of names) loader.reread(name)
    clock.advance(1000)
    await settle()
    // Two of the burst are left.
    expect(calls).toHaveLength(5)
    clock.advance(20_000)
    await settle()
    expect(calls).toHaveLength(6)
    expect(calls.every(({ method }) => method === 'public/get_instruments')).toBe(true)
  })

  it('by lists no more often than the exchange allows', async () => {
    const { loader, caller, clock, calls } = loading('any:any', () => [])
    for (let second = 0; second < 1000; second += 1) {
      if (second % 100 === 0) loader.start(caller)
      loader.reload()
      loader.loadAll()
      for (let number = 0; number < 30; number += 1) loader.reread(`N${number}`)
      clock.advance(1000)
      await settle()
    }
    expect(calls.length).toBeLessThanOrEqual(5 + 100)
    expect(calls.length).toBeGreaterThanOrEqual(100)
  })

  it('a bounded number of times for a listed name that the exchange no longer knows', async () => {
    const { loader, caller, clock, calls, logger } = loading('future:BTC', (params) =>
      'kind' in params ? [instrumentJson('A')] : new Refusal(13_020),
    )
    loader.start(caller)
    await settle()
    loader.reread('A')
    clock.advance(600_000)
    await settle()
    expect(calls).toHaveLength(2)
    expect(logger.lines.map(({ message }) => message)).toEqual(['list of instruments loaded'])
  })

  it('by name if they are combos among hundreds of names, because no list has combos', async () => {
    const names = [...Array.from({ length: 250 }, (_, number) => `N${number}`), COMBO]
    const { loader, caller, calls, directory } = loading(names.join(','), (params) =>
      'kind' in params ? [] : instrumentJson(COMBO, { kind: 'future_combo' }),
    )
    loader.start(caller)
    await settle()
    const byName = calls.filter(({ method }) => method === 'public/get_instrument')
    expect(calls).toHaveLength(4)
    expect(byName.map(({ params }) => params)).toEqual([{ instrument_name: COMBO }])
    expect(directory.info(COMBO)).toMatchObject({ kind: 'future_combo', amountUnit: 'USD' })
  })
})
