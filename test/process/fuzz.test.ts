import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MessageParser, parseMessage } from '../../src/deribit/protocol/parse-message.ts'
import { plain } from '../support/plain-frame.ts'
import { ingestFixture } from '../ingest/ingest-fixture.ts'
import {
  type Random,
  goodFrame,
  mutatedFrame,
  pick,
  seededRandom,
} from '../support/fixtures/mutated-frames.ts'
import { BTC, ETH } from '../support/frames.ts'
import { checkpointHeaders, processFixture } from './process-fixture.ts'

/** Per role; with those for the parsers more than a hundred thousand. */
const FRAMES = 50_000
const PARSER_FRAMES = 20_000
/** State is recreated after this many: one huge id would make all later frames duplicates. */
const ROUND = 200
const TYPES = new Set([
  'book',
  'trades',
  'response',
  'heartbeat',
  'test_request',
  'notification',
  'invalid',
])

/** A found fault, thrown with the frame that triggers it. */
function fail(what: string, bytes: Buffer): never {
  throw new Error(`${what}: ${JSON.stringify(bytes.toString('latin1').slice(0, 2000))}`)
}

/**
 * Returns the levels of a valid snapshot of the channel, checked without code under test.
 */
function goodSnapshot(bytes: Buffer, instrument: string): [number, number][][] | null {
  let message: unknown
  try {
    message = JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
  const { method, params } = (message ?? {}) as { method?: unknown; params?: unknown }
  const { channel, data } = (params ?? {}) as { channel?: unknown; data?: unknown }
  const { bids, asks, ...head } = (data ?? {}) as Record<string, unknown>
  const isId = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
  if (method !== 'subscription' || typeof channel !== 'string') return null
  if (!channel.startsWith(`book.${instrument}.`)) return null
  if (
    head['instrument_name'] !== instrument ||
    !isId(head['timestamp']) ||
    !isId(head['change_id'])
  )
    return null
  const sides = [bids, asks].map((side, index) => {
    if (!Array.isArray(side)) return null
    const rows = (side as unknown[]).map((row) =>
      Array.isArray(row) ? row.slice(-2).map(Number) : [],
    )
    const isGood = rows.every((row, at) => {
      const [price = NaN, amount = NaN] = row
      const [before] = rows[at - 1] ?? []
      const isSorted = before === undefined || (index === 0 ? price < before : price > before)
      return (
        isSorted && price >= 0 && amount >= 0 && Number.isFinite(price) && Number.isFinite(amount)
      )
    })
    return isGood ? rows.map(([price = 0, amount = 0]): [number, number] => [price, amount]) : null
  })
  return sides.every((side) => side !== null) ? sides : null
}

describe('a hundred thousand fuzzed frames', () => {
  it('are classified by the parsers, which never throw and agree', () => {
    const random = seededRandom(1)
    const counts: Record<string, number> = {}
    const parser = new MessageParser()
    for (let number = 0; number < PARSER_FRAMES; number++) {
      const bytes = mutatedFrame(random, number)
      const message = parseMessage(bytes)
      const { type } = message
      const read = parser.parse(bytes)
      const isSame =
        read.type === 'book' ? isDeepStrictEqual(plain(read), plain(message)) : read.type === type
      if (!isSame) fail('read from its bytes it differs', bytes)
      if (!TYPES.has(type)) fail(`unknown type ${type}`, bytes)
      const parsed = parser.parseRecord(bytes)
      if (parsed.ok !== (type === 'book' || type === 'trades')) fail('the parsers differ', bytes)
      counts[type] = (counts[type] ?? 0) + 1
    }
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(PARSER_FRAMES)
    // Most must be invalid and some valid, or the fuzz test would be meaningless.
    expect(counts['invalid']).toBeGreaterThan(PARSER_FRAMES / 2)
    expect(counts['book']).toBeGreaterThan(PARSER_FRAMES / 40)
  })

  it('are each counted once by ingest, and none with invalid levels is produced', () => {
    const random = seededRandom(2)
    let fixture = ingestFixture()
    for (let number = 0; number < FRAMES; number++) {
      if (number % ROUND === 0) fixture = ingestFixture()
      const bytes = mutatedFrame(random, number)
      const message = parseMessage(bytes)
      const before = fixture.frames('book') + fixture.frames('trades')
      const badBefore = fixture.badLevels()
      const receipt = { bytes, receivedTimeMs: 1, receivedMonotonicMs: 1, answers: null }
      if (message.type === 'book') fixture.ingest.onBook(message, receipt)
      else if (message.type === 'trades') fixture.ingest.onTrades(message, receipt)
      else if (message.type === 'invalid' && message.channel !== null) {
        fixture.ingest.onBrokenBook(message.channel)
      }
      const isFrame = message.type === 'book' || message.type === 'trades'
      const good = fixture.frames('book') + fixture.frames('trades') - before
      const bad = fixture.badLevels() - badBefore
      if (good + bad !== (isFrame ? 1 : 0)) fail('not counted once', bytes)
      const records = fixture.sent()
      if (records.length !== good) fail('counted but not produced, or the reverse', bytes)
      if (records[0]?.value.equals(bytes) === false) fail('not byte for byte', bytes)
      if (message.type === 'book' && bad === 0) {
        const levels = [...message.bids, ...message.asks].flat()
        if (levels.some((value) => !Number.isFinite(value) || value < 0))
          fail('wrong levels', bytes)
      }
      if (number % 50 === 0) fixture.clock.advance(100)
    }
  })

  it('are each counted once by process, and no invalid one gives a value', () => {
    const random = seededRandom(3)
    let fixture = processFixture()
    let published = 0
    for (let number = 0; number < FRAMES; number++) {
      if (number % ROUND === 0) fixture = processFixture()
      const isGood = random(4) === 0
      const bytes = isGood ? Buffer.from(goodFrame(random, number)) : mutatedFrame(random, number)
      const key = pick(random, [BTC, BTC, BTC, BTC, ETH])
      const before = read(fixture, key)
      const headers = strangeHeaders(random, fixture.clock.nowMs())
      fixture.send(bytes, headers === undefined ? { key } : { key, headers })
      const after = read(fixture, key)
      if (after.consumed !== before.consumed + 1) fail('not consumed once', bytes)
      const isSkipped = after.invalid === before.invalid + 1
      if (!isSkipped && after.invalid !== before.invalid) fail('skipped twice', bytes)
      if (isSkipped && after.known !== before.known) fail('skipped and taken', bytes)
      if (after.updates - before.updates > 1) fail('taken twice', bytes)
      if (after.value !== before.value && after.value !== null) {
        published += 1
        const isChange = bytes.includes('"change"') || bytes.includes('"delete"')
        const sides = goodSnapshot(bytes, key)
        if (sides === null) fail('a value from garbage', bytes)
        const [bids, asks] = sides.map((side) => side.filter(([, amount]) => amount > 0))
        const [bid, ask] = [bids?.[0], asks?.[0]]
        if (bid === undefined || ask === undefined || bid[0] >= ask[0]) {
          if (!isChange) fail('a value from a book that has none', bytes)
        } else if (!isChange && after.value !== (bid[0] + ask[0]) / 2) fail('another value', bytes)
      }
      if (number % 50 === 0) fixture.clock.advance(100)
    }
    expect(published).toBeGreaterThan(FRAMES / 20)
  })
})

const INVALID = ['json', 'schema', 'unknown_channel', 'key_mismatch', 'timestamp'] as const

/** Values and counters, before or after a record. */
function read(fixture: ReturnType<typeof processFixture>, instrument: string) {
  let value: number | null = null
  let updates = 0
  for (const { view, numbers } of fixture.store.readings()) {
    updates += view.updatesTotal
    if (view.instrument !== instrument || numbers === null) continue
    value = numbers.midPrice
    for (const each of [
      value,
      numbers.weightedMidPrice,
      numbers.spreadRatio,
      ...numbers.imbalances,
    ]) {
      if (each !== null && !Number.isFinite(each)) throw new Error(`published ${each}`)
    }
  }
  return {
    value,
    updates,
    known: `${fixture.store.size} ${updates} ${fixture.rejected('duplicate')}`,
    consumed: fixture.consumed(),
    invalid: INVALID.reduce((sum, reason) => sum + fixture.invalid(reason), 0),
  }
}

function strangeHeaders(random: Random, nowMs: number) {
  switch (random(12)) {
    case 0:
      return checkpointHeaders(nowMs)
    case 1:
      return { kind: 'checkpoint' }
    case 2:
      return checkpointHeaders(nowMs, {
        'verified-at-ms': pick(random, ['', 'NaN', '1e999', '-1', '\u0000']),
      })
    case 3:
      return checkpointHeaders(nowMs, {
        'clock-offset-ms': pick(random, ['1e308', '-1e308', 'Infinity', '', '{}']),
        'instrument-state': pick(random, ['open', 'constructor', '__proto__', '']),
      })
    default:
      return undefined
  }
}
