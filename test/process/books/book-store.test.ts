import { describe, expect, it } from 'vitest'
import { createBooksCheck } from '../../../src/app/readiness.ts'
import * as frames from '../../support/frames.ts'
import { checkpointHeaders, processFixture, STALE_AFTER_MS } from '../process-fixture.ts'

const { groupedSnapshot, BTC, ETH } = frames
const SOL = 'SOL_USDC-PERPETUAL'
const MINUTE_MS = 60_000
const TEN_MINUTES_MS = 600_000

const namesOf = (store: ReturnType<typeof processFixture>['store']) =>
  store.instruments().map(({ instrument }) => instrument)

describe('the books that are shown', () => {
  it('are those configured, once their partition is assigned, and those seen', () => {
    const partitionOf = (name: string) => (name === ETH ? 1 : 0)
    const { own, send, store } = processFixture({ named: [ETH, BTC], partitionOf })
    expect(namesOf(store)).toEqual([])
    own(0)
    expect(namesOf(store)).toEqual([BTC])
    own(1)
    expect(namesOf(store)).toEqual([BTC, ETH])
    send(groupedSnapshot({ instrument: 'A-PERPETUAL' }), { key: 'A-PERPETUAL' })
    expect(namesOf(store)).toEqual(['A-PERPETUAL', BTC, ETH])
  })

  it('are removed at once, with all their values, when their partition is revoked', () => {
    const { own, lose, send, store, midPrice, state } = processFixture({
      partitionOf: (name) => (name === ETH ? 1 : 0),
    })
    own(0, 1)
    send(groupedSnapshot(), { partition: 0 })
    send(groupedSnapshot({ instrument: ETH }), { partition: 1, key: ETH })
    lose(1)
    expect(namesOf(store)).toEqual([BTC])
    expect(midPrice(ETH)).toBeUndefined()
    expect(state()).toBe('live')
    expect(store.foreignPartition(ETH)).toBe(1)
    expect(store.foreignPartition(BTC)).toBeUndefined()
  })

  it('restart when their partition is assigned again', () => {
    const { own, lose, send, state } = processFixture({ named: [BTC] })
    own(0)
    send(groupedSnapshot({ changeId: 9 }))
    lose(0)
    expect(state()).toBeUndefined()
    own(0)
    expect(state()).toBe('waiting:no_snapshot')
    send(groupedSnapshot({ changeId: 3 }))
    expect(state()).toBe('live')
  })

  it('do not depend on partitions of the trades topic', () => {
    const { processor, own, send, state } = processFixture({ named: [BTC] })
    processor.onAssigned([{ topic: 'trades', partition: 0 }])
    expect(state()).toBeUndefined()
    own(0)
    send(groupedSnapshot())
    processor.onRevoked([{ topic: 'trades', partition: 0 }])
    expect(state()).toBe('live')
  })

  it('that are not wanted are removed after ten minutes without a record while others are written', () => {
    const { own, send, store, clock, state, midPrice } = processFixture({ named: [ETH] })
    own(0)
    send(groupedSnapshot())
    clock.advance(TEN_MINUTES_MS)
    send(groupedSnapshot({ instrument: SOL }), { key: SOL })
    expect(namesOf(store)).toEqual([BTC, ETH, SOL])
    clock.advance(1)
    expect(namesOf(store)).toEqual([ETH, SOL])
    expect(midPrice()).toBeUndefined()
    expect(state(ETH)).toBe('waiting:no_snapshot')
  })

  it('whose producer stopped say so, and are removed after a minute while others are written', () => {
    const { own, send, sendLast, store, clock, state, midPrice } = processFixture()
    own(0)
    send(groupedSnapshot({ instrument: ETH }), { key: ETH })
    sendLast(groupedSnapshot())
    expect(state()).toBe('live')
    clock.advance(MINUTE_MS)
    send(groupedSnapshot({ instrument: SOL }), { key: SOL })
    expect(state()).toBe('stale:producer_stopped')
    expect(state(ETH)).toBe('stale:unverified')
    clock.advance(1)
    expect(namesOf(store)).toEqual([ETH, SOL])
    expect(midPrice()).toBeUndefined()
  })

  it.each([
    ['by a frame', {}],
    ['by a checkpoint of another producer', { 'producer-id': 'producer-b' }],
  ])('that another producer continues %s are as before', (_how, more) => {
    const { own, send, sendLast, store, clock, state } = processFixture()
    own(0)
    sendLast(groupedSnapshot({ changeId: 1 }))
    const headers = 'producer-id' in more ? checkpointHeaders(clock.nowMs(), more) : undefined
    send(groupedSnapshot({ changeId: 2 }), headers === undefined ? {} : { headers })
    clock.advance(2 * MINUTE_MS)
    send(groupedSnapshot({ instrument: SOL }), { key: SOL })
    expect(namesOf(store)).toEqual([BTC, SOL])
    expect(state()).toBe('stale:unverified')
  })

  it('whose producer stopped are removed if only partitions of other members are written', () => {
    const { own, sendLast, store, clock, elsewhere } = processFixture({
      partitionOf: (name) => (name === BTC ? 0 : 1),
    })
    own(0)
    store.setPartitionCount(2)
    sendLast(groupedSnapshot())
    clock.advance(MINUTE_MS + 1)
    expect(namesOf(store)).toEqual([BTC])
    elsewhere.isWritten = true
    expect(namesOf(store)).toEqual([])
  })

  it('whose producer stopped stay while nothing is written, and if they are configured', () => {
    const { own, send, sendLast, store, clock } = processFixture({ named: [ETH] })
    own(0)
    sendLast(groupedSnapshot())
    sendLast(groupedSnapshot({ instrument: ETH }), { key: ETH })
    clock.advance(TEN_MINUTES_MS)
    expect(namesOf(store)).toEqual([BTC, ETH])
    send(groupedSnapshot({ instrument: SOL }), { key: SOL })
    expect(namesOf(store)).toEqual([ETH, SOL])
  })

  it('that are dead stay while nothing is written at all', () => {
    const { send, store, clock, state } = processFixture()
    send(groupedSnapshot())
    clock.advance(100 * TEN_MINUTES_MS)
    expect(namesOf(store)).toEqual([BTC])
    expect(state()).toBe('stale:unverified')
  })

  it('that the producer of this process wants stay however long they are dead', () => {
    const { send, store, clock, state } = processFixture({ wanted: [BTC] })
    send(groupedSnapshot())
    clock.advance(100 * TEN_MINUTES_MS)
    send(groupedSnapshot({ instrument: SOL }), { key: SOL })
    expect(namesOf(store)).toEqual([BTC, SOL])
    expect(state()).toBe('stale:unverified')
  })

  it('that are due for removal are gone for every reader, whatever reads first', () => {
    const inspect = [
      (fixture: ReturnType<typeof processFixture>) => fixture.store.instrument(BTC),
      (fixture: ReturnType<typeof processFixture>) => fixture.store.snapshot(BTC, 10),
      (fixture: ReturnType<typeof processFixture>) =>
        fixture.store.countByState().stale || undefined,
      (fixture: ReturnType<typeof processFixture>) => [...fixture.store.readings()][0],
      (fixture: ReturnType<typeof processFixture>) => fixture.store.instruments()[0],
    ]
    for (const [index, reader] of inspect.entries()) {
      const fixture = processFixture({ maxInstruments: 1 })
      fixture.send(groupedSnapshot())
      fixture.clock.advance(TEN_MINUTES_MS + 1)
      // Of an instrument over the limit: something is written, and adds no book.
      fixture.send(groupedSnapshot({ instrument: SOL }), { key: SOL })
      expect(reader(fixture), `reader ${index}`).toBeUndefined()
    }
  })

  it('are limited: instruments over the limit are excluded and counted, and none of their records throws', () => {
    const { send, store, consumed } = processFixture({ maxInstruments: 3 })
    for (let number = 1; number <= 50; number++) {
      const instrument = `I${number}`
      send(groupedSnapshot({ instrument }), { key: instrument })
      send(groupedSnapshot({ instrument, changeId: 80_000_000_000 }), { key: instrument })
    }
    expect(namesOf(store)).toEqual(['I1', 'I2', 'I3'])
    expect(store.overLimitCount).toBe(3)
    expect(store.instrument('I4')).toBeUndefined()
    expect(consumed()).toBe(100)
  })

  it('free capacity once they are removed', () => {
    const { send, store, clock } = processFixture({ maxInstruments: 1 })
    send(groupedSnapshot())
    clock.advance(TEN_MINUTES_MS + 1)
    send(groupedSnapshot({ instrument: ETH }), { key: ETH })
    clock.advance(1000)
    send(groupedSnapshot({ instrument: ETH }), { key: ETH })
    expect(namesOf(store)).toEqual([ETH])
  })

  it('can be iterated while books come and go', () => {
    const { own, lose, send, store } = processFixture({
      partitionOf: (name) => (name === ETH ? 1 : 0),
    })
    own(0, 1)
    send(groupedSnapshot(), { partition: 0 })
    send(groupedSnapshot({ instrument: ETH }), { key: ETH, partition: 1 })
    const seen: string[] = []
    for (const { view } of store.readings()) {
      seen.push(view.instrument)
      lose(1)
      send(groupedSnapshot({ instrument: 'NEW' }), { key: 'NEW' })
    }
    expect(seen).toEqual([BTC])
  })
})

describe('the number of books by state', () => {
  it('has every state, and adds up', () => {
    const { own, send, store } = processFixture({ named: ['NAMED'] })
    own(0)
    send(groupedSnapshot())
    send(groupedSnapshot({ instrument: ETH, bids: [] }), { key: ETH })
    expect(store.countByState()).toEqual({
      catching_up: 0,
      stale: 0,
      gap: 0,
      waiting: 1,
      halted: 0,
      invalid: 0,
      one_sided: 1,
      live: 1,
    })
  })
})

describe('the readiness of the books', () => {
  const checkOf = (fixture: ReturnType<typeof processFixture>) =>
    createBooksCheck(fixture.store).check()

  it('passes while no partition is assigned', () => {
    expect(checkOf(processFixture({ named: [BTC] }))).toEqual({
      isPassing: true,
      detail: 'no partitions are assigned',
    })
  })

  it('fails while no book is live, and lists the states', () => {
    const fixture = processFixture({ named: [BTC, ETH] })
    fixture.own(0)
    expect(checkOf(fixture)).toEqual({ isPassing: false, detail: 'no book is live: 2 waiting' })
    fixture.send(groupedSnapshot({ bids: [] }))
    expect(checkOf(fixture)).toEqual({
      isPassing: false,
      detail: 'no book is live: 1 waiting, 1 one_sided',
    })
  })

  it('fails without any book', () => {
    const fixture = processFixture()
    fixture.own(0)
    expect(checkOf(fixture)).toEqual({ isPassing: false, detail: 'no book is live: none known' })
  })

  describe('of a member whose partitions hold no instrument', () => {
    const member = (...owned: number[]) => {
      const fixture = processFixture()
      fixture.processor.onPartitionCount('prices', 4)
      fixture.own(...owned)
      return fixture
    }
    const NONE = { isPassing: true, detail: 'no instruments are in the assigned partitions' }

    it('passes once they are read to their end', () => {
      const fixture = member(0, 2)
      expect(checkOf(fixture)).toEqual({ isPassing: false, detail: 'no book is live: none known' })
      fixture.assigned.areReadToEnd = true
      expect(checkOf(fixture)).toEqual(NONE)
    })

    it('fails if the member has every partition: then nothing is written', () => {
      const fixture = member(0, 1, 2, 3)
      fixture.assigned.areReadToEnd = true
      expect(checkOf(fixture)).toEqual({ isPassing: false, detail: 'no book is live: none known' })
    })

    it('fails while its books are silent: then a producer has failed', () => {
      const fixture = member(0, 2)
      fixture.send(groupedSnapshot(), { partition: 0 })
      fixture.assigned.areReadToEnd = true
      expect(checkOf(fixture).isPassing).toBe(true)
      fixture.clock.advance(600_001)
      expect(checkOf(fixture)).toEqual({ isPassing: false, detail: 'no book is live: 1 stale' })
    })
  })

  it('passes with one live book, and fails again once it is stale', () => {
    const fixture = processFixture({ named: [ETH] })
    fixture.own(0)
    fixture.send(groupedSnapshot())
    expect(checkOf(fixture)).toEqual({ isPassing: true, detail: null })
    fixture.clock.advance(STALE_AFTER_MS + 1)
    expect(checkOf(fixture).isPassing).toBe(false)
  })

  it('passes if all books are one-sided or halted', () => {
    const fixture = processFixture()
    fixture.own(0)
    fixture.send(groupedSnapshot({ bids: [] }))
    fixture.send(groupedSnapshot({ instrument: ETH }), { key: ETH })
    const headers = checkpointHeaders(fixture.clock.nowMs(), { 'instrument-state': 'settlement' })
    fixture.send(groupedSnapshot({ instrument: ETH }), { key: ETH, headers })
    expect(checkOf(fixture)).toEqual({
      isPassing: true,
      detail: 'all books are one-sided or halted',
    })
  })
})
