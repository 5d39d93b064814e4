import { describe, expect, it } from 'vitest'
import { MetricsRenderer } from '../../src/observability/metrics/renderer.ts'
import { exposeBooks } from '../../src/process/market-collector.ts'
import { parseExposition } from '../observability/exposition.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { processFixture } from './process-fixture.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const SINCE = /^orderbook_state_since_timestamp_seconds\{instrument=(.+)\}$/

/** A process with live books, whose exposition has this detail. */
function exposedBooks(detail: 'core' | 'full', count: number) {
  const fixture = processFixture()
  fixture.own(0)
  for (let number = 0; number < count; number += 1) {
    const key = `BTC-${number}`
    fixture.send(groupedSnapshot().replaceAll(INSTRUMENT, key), { key })
  }
  exposeBooks(fixture.registry, fixture.store, { detail })
  const renderer = new MetricsRenderer({ registry: fixture.registry, clock: fixture.clock })
  const seriesOfBooks = async (): Promise<string[]> => {
    const { body } = await renderer.render(undefined)
    return [...parseExposition(body.toString()).series.keys()].filter((name) =>
      name.includes('instrument=BTC-'),
    )
  }
  const withSince = async (): Promise<string[]> =>
    (await seriesOfBooks()).flatMap((name) => SINCE.exec(name)?.[1] ?? [])
  return { ...fixture, seriesOfBooks, withSince }
}

describe('the series of the books', () => {
  it('say at core detail since when a book is not live, and nothing for live books', async () => {
    const { clock, send, withSince } = exposedBooks('core', 2)
    expect(await withSince()).toEqual([])
    clock.advance(6000)
    send(groupedSnapshot({ changeId: 9 }).replaceAll(INSTRUMENT, 'BTC-1'), { key: 'BTC-1' })
    expect(await withSince()).toEqual(['BTC-0'])
  })

  it('say at full detail since when every book has its state', async () => {
    expect(await exposedBooks('full', 2).withSince()).toEqual(['BTC-0', 'BTC-1'])
  })

  it('are at core detail no more for books that are not live', async () => {
    const { clock, seriesOfBooks } = exposedBooks('core', 3)
    const live = (await seriesOfBooks()).length
    clock.advance(6000)
    expect((await seriesOfBooks()).length).toBeLessThanOrEqual(live)
  })
})
