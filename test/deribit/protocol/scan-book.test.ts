import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageParser, parseMessage } from '../../../src/deribit/protocol/parse-message.ts'
import { BookScanner } from '../../../src/deribit/protocol/scan-book.ts'
import { scanNumber, skipScalar, UNREAD } from '../../../src/deribit/protocol/scan-json.ts'
import * as frames from '../../support/frames.ts'
import { type Random, pick, seededRandom } from '../../support/fixtures/mutated-frames.ts'
import { plain } from '../../support/plain-frame.ts'
import { recordedFrames } from '../../support/recorded-frames.ts'
import { needsRecordings } from '../../support/recordings.ts'

const scanner = new BookScanner()
const parser = new MessageParser()

/** Whether the message was read from its bytes; fails if it differs from JSON.parse. */
function isScanned(text: string | Buffer): boolean {
  const bytes = Buffer.from(text)
  const expected = plain(parseMessage(bytes))
  const scanned = scanner.scan(bytes)
  if (scanned !== null) expect(plain(scanned), bytes.toString('latin1')).toStrictEqual(expected)
  const parsed = plain(parser.parse(bytes))
  if (!isDeepStrictEqual(parsed, expected)) expect(parsed).toStrictEqual(expected)
  return scanned !== null
}

/** Reads a number like the scanner; undefined if it leaves it to JSON.parse. */
function scanned(text: string): number | undefined {
  const target = new Float64Array(2)
  const end = scanNumber(Buffer.from(`${text}}`), 0, target, 1)
  return end === text.length ? target[1] : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A number as text: any mix of digits, decimals and exponent, some of them invalid. */
function numberText(random: Random): string {
  const digits = (most: number) =>
    Array.from({ length: random(most + 1) }, () => random(10)).join('')
  const integer = pick(random, ['0', String(1 + random(9)) + digits(5), digits(17), digits(3)])
  const decimals = pick(random, [
    '',
    '',
    '.0',
    `.${digits(6)}`,
    `.${digits(24)}`,
    `.000${digits(9)}`,
  ])
  const exponent = pick(random, [
    '',
    '',
    '',
    `e${random(6)}`,
    `E+${random(30)}`,
    `e-${random(30)}`,
    'e',
  ])
  return pick(random, ['', '', '', '-']) + integer + decimals + exponent
}

describe('a number', () => {
  it('is the double of JSON.parse, bit for bit, or is not read', () => {
    const random = seededRandom(11)
    let read = 0
    let invalid = 0
    for (let count = 0; count < 100_000; count += 1) {
      const text = numberText(random)
      const [ours, expected] = [scanned(text), parsed(text)]
      if (expected === undefined) invalid += 1
      if (ours === undefined) continue
      read += 1
      if (!Object.is(ours, expected)) expect.fail(`${text}: ${ours} is not ${String(expected)}`)
    }
    expect(read).toBeGreaterThan(30_000)
    expect(invalid).toBeGreaterThan(10_000)
  })

  it('is read in every notation of the shortest text of a double', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999_999_999 }),
        fc.integer({ min: -22, max: 22 }),
        fc.boolean(),
        (mantissa, power, isNegative) => {
          const sign = isNegative ? '-' : ''
          const decimal = `${sign}${(mantissa / 100).toFixed(2)}`
          for (const text of [`${sign}${mantissa}e${power}`, `${sign}${mantissa}`, decimal]) {
            const ours = scanned(text)
            if (ours !== undefined) expect(Object.is(ours, JSON.parse(text)), text).toBe(true)
            else expect(text.replace(/\D/g, '').length).toBeGreaterThan(15)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['0', 0],
    ['-0', -0],
    ['-0.0e5', -0],
    ['61000.0', 61_000],
    ['1.8e4', 18_000],
    ['2.8e-4', 0.00028],
    ['999999999999999', 999_999_999_999_999],
    ['0.0000000000000000000001', 1e-22],
    ['5E+0', 5],
  ])('%s is read', (text, value) => {
    expect(Object.is(scanned(text), value)).toBe(true)
  })

  it.each([
    ...['', '-', '01', '00', '-01', '+1', '.5', '1.', '1.e5', '1e', '1e+', '1e5.0', '0x10', 'NaN'],
    ...['Infinity', '1_000', ' 1', '1000000000000000', '9007199254740993', '0.1234567890123456'],
    ...['1e23', '1e-23', '0.00000000000000000000001', '1e999', '1e0001', '1e-0001', '--1', '١'],
  ])('%s is not read', (text) => {
    expect(scanned(text)).toBeUndefined()
  })
})

describe('an unknown value', () => {
  it('is skipped only if JSON.parse accepts it', () => {
    const random = seededRandom(12)
    const others = [
      'true',
      'false',
      'null',
      'nul',
      'True',
      '"text"',
      '""',
      '"\t"',
      '"\\n"',
      '"\x7f"',
    ]
    let skipped = 0
    for (let count = 0; count < 30_000; count += 1) {
      const text = random(4) === 0 ? (others[random(others.length)] ?? '') : numberText(random)
      const end = skipScalar(Buffer.from(`${text}}`), 0)
      if (end === UNREAD) continue
      const isWhole = end === text.length
      if (isWhole) skipped += 1
      if (isWhole && parsed(text) === undefined) expect.fail(`${text} is invalid`)
    }
    expect(skipped).toBeGreaterThan(10_000)
    expect(skipScalar(Buffer.from('1790000000000000001}'), 0)).toBe(19)
  })
})

const GROUPED = frames.groupedSnapshot()
const SNAPSHOT = frames.snapshot()
const CHANGE = frames.change({
  bids: [
    ['new', 60_999.5, 10],
    ['delete', 60_998, 0],
  ],
  asks: [['change', 61_000.5, 28_000]],
})

describe('a book notification', () => {
  it.each([
    ['grouped', GROUPED],
    ['grouped without levels', frames.groupedSnapshot({ bids: [], asks: [] })],
    ['snapshot', SNAPSHOT],
    ['snapshot with a previous id', frames.snapshot({ prevChangeId: 0 })],
    ['snapshot of 2020, without type', SNAPSHOT.replace('"type":"snapshot",', '')],
    ['change', CHANGE],
    ['empty change', frames.change()],
    ['with unknown members', GROUPED.replace('"bids"', '"ns":1790000000000000001,"x":"y","bids"')],
    ['with unknown members outside', GROUPED.replace('"params"', '"testnet":false,"params"')],
    ['grouped with members of other channels', GROUPED.replace('"bids"', '"type":null,"bids"')],
    [
      'with its members in another order',
      GROUPED.replace(/("bids":.*),("asks":.*])(}}})/, '$2,$1$3'),
    ],
    ['with a number for a time', GROUPED.replace('1790000000000', '1.79e12')],
    ['with a price of -0', frames.groupedSnapshot({ bids: [[-0, 1]] }).replace('[0.0,', '[-0.0,')],
  ])('is read from its bytes: %s', (_what, text) => {
    expect(isScanned(text)).toBe(true)
  })

  it('is read correctly after a longer one, without levels of that', () => {
    const rows: frames.Rows = Array.from({ length: 6000 }, (_, index) => [6000 - index, 1])
    expect(isScanned(frames.snapshot({ bids: rows }))).toBe(true)
    expect(isScanned(GROUPED)).toBe(true)
    expect(scanner.scan(Buffer.from(GROUPED))?.bids.prices.length).toBeLessThan(100)
  })

  it('is read in each of many channels, also in those with the same hash', () => {
    // The hash is that of Java's strings: Aa and BB collide.
    const instruments = ['Aa', 'BB', 'AaAa', 'BBBB', 'AaBB', 'BBAa', 'BTC-PERPETUAL']
    for (const instrument of [...instruments, ...instruments.toReversed()]) {
      expect(isScanned(frames.groupedSnapshot({ instrument }))).toBe(true)
      expect(isScanned(frames.change({ instrument }))).toBe(true)
    }
  })

  it.each([
    ['with whitespace', GROUPED.replaceAll(',', ', ')],
    ['with a line end', `${GROUPED}\n`],
    ['with a byte order mark', `\ufeff${GROUPED}`],
    ['with an escape in a name', GROUPED.replace('bids', 'b\\u0069ds')],
    ['with an escape in its channel', GROUPED.replace('book.', 'b\\u006fok.')],
    ['with a nested unknown member', GROUPED.replace('"bids"', '"x":{"bids":[]},"bids"')],
    ['with an unknown text of other letters', GROUPED.replace('"bids"', '"x":"é","bids"')],
    ['with repeated bids', GROUPED.replace('"asks"', '"bids":[],"asks"')],
    ['with a repeated method', GROUPED.replace('"params"', '"method":"x","params"')],
    [
      'with its data before its channel',
      GROUPED.replace(/("channel":"[^"]*"),("data":.*)(}})$/, '$2},$1}}'),
    ],
    ['with a third number in a row', GROUPED.replace('[60999.5,', '[60999.5,1,')],
    ['with one number in a row', GROUPED.replace('[60999.5,10.0]', '[60999.5]')],
    ['with actions in the grouped channel', GROUPED.replace('[[', '[["new",')],
    ['with an unknown action', CHANGE.replace('"new"', '"add"')],
    ['with a comma too many', GROUPED.replace(']],"asks"', '],],"asks"')],
    ['with a comma missing', GROUPED.replace('],[', '][')],
    ['with many digits', GROUPED.replace('60999.5', '60999.500000000000')],
    ['with an infinite price', GROUPED.replace('60999.5', '1e999')],
    ['of another instrument', GROUPED.replace('"BTC-PERPETUAL"', '"ETH-PERPETUAL"')],
    ['without an instrument', GROUPED.replace('"instrument_name":"BTC-PERPETUAL",', '')],
    ['with a negative id', GROUPED.replace('"change_id":', '"change_id":-')],
    ['with a fraction in its time', GROUPED.replace('1790000000000', '1790000000000.5')],
    ['with a previous id of null', frames.snapshot({ prevChangeId: 7 }).replace(':7}', ':null}')],
    ['with a change without previous id', CHANGE.replace(/,"prev_change_id":\d+/, '')],
    ['of another method', GROUPED.replace('subscription', 'subscriptioN')],
    ['with text behind it', `${GROUPED}}`],
    ['twice', GROUPED + GROUPED],
    ['of trades', frames.trades([frames.trade()])],
    ['of a platform event', frames.notification('platform_state', '{"locked":false}')],
    ['that is a heartbeat', frames.HEARTBEAT],
    ['that is a response', frames.answer(1, '[]')],
    ['that is empty', ''],
    ['that is a brace', '}'],
    ['that is an empty object', '{}'],
  ])('is left to JSON.parse: %s', (_what, text) => {
    expect(isScanned(text)).toBe(false)
  })

  it('is not read if it is truncated anywhere', () => {
    for (const text of [GROUPED, CHANGE]) {
      for (let length = 0; length < text.length; length += 1) {
        expect(isScanned(text.slice(0, length))).toBe(false)
        if (length < text.length - 1) expect(isScanned(`${text.slice(0, length)}}`)).toBe(false)
      }
    }
  })

  it('equals JSON.parse with any byte replaced', () => {
    const random = seededRandom(13)
    let read = 0
    for (let count = 0; count < 6000; count += 1) {
      const bytes = Buffer.from(pick(random, [GROUPED, SNAPSHOT, CHANGE]))
      bytes[random(bytes.length)] = random(3) === 0 ? random(256) : 0x20 + random(0x60)
      if (isScanned(bytes)) read += 1
    }
    expect(read).toBeGreaterThan(100)
  })

  it('equals JSON.parse in any order of its members, with any numbers', () => {
    const random = seededRandom(14)
    let read = 0
    for (let count = 0; count < 3000; count += 1) if (isScanned(randomFrame(random))) read += 1
    expect(read).toBeGreaterThan(300)
  })
})

/** A frame of any channel with random numbers, and its members in a random order. */
function randomFrame(random: Random): string {
  const isGrouped = random(2) === 0
  const channel = isGrouped ? frames.BTC_GROUPED : frames.BTC_CHANGES
  const number = () =>
    random(20) === 0 ? numberText(random) : `${random(1e9)}${pick(random, ['', '.0', '.25', 'e2'])}`
  const row = () => {
    const action = pick(random, ['"new",', '"change",', '"delete",'])
    return `[${isGrouped ? '' : action}${number()},${number()}]`
  }
  const rows = () => `[${Array.from({ length: random(12) }, row).join(',')}]`
  const members = [
    `"timestamp":${random(10) === 0 ? number() : 1_790_000_000_000 + random(1e6)}`,
    `"change_id":${random(10) === 0 ? number() : 71_000_000_000 + random(1e6)}`,
    '"instrument_name":"BTC-PERPETUAL"',
    `"bids":${rows()}`,
    `"asks":${rows()}`,
    pick(random, ['"type":"snapshot"', '"type":"change"', '"x":"y"', '"type":"other"']),
    `"prev_change_id":${pick(random, ['0', '71000000000', 'null', '-1'])}`,
  ]
  if (random(4) === 0) members.push(pick(random, members as [string, ...string[]]))
  const data = `{${shuffled(random, members).join(',')}}`
  const params = shuffled(random, [`"channel":"${channel}"`, `"data":${data}`], 8)
  const outer = ['"jsonrpc":"2.0"', '"method":"subscription"', `"params":{${params.join(',')}}`]
  return `{${shuffled(random, outer).join(',')}}`
}

/** The items in another order, once in `often` times. */
function shuffled(random: Random, items: readonly string[], often = 2): readonly string[] {
  return random(often) === 0 ? items.toSorted(() => random(3) - 1) : items
}

describe('recorded frames of the exchange', needsRecordings(), () => {
  it.each([
    'btc-perpetual-100ms-2019-04-01.derived.jsonl.gz',
    'btc-perpetual-raw-2019-04-01.jsonl.gz',
    'btc-perpetual-raw-2020-06-22-testnet.jsonl',
    'btc-perpetual-top10-2019-10-01.jsonl',
    'current-format-frames-2026-09.jsonl',
    'futures-options-100ms-2026-09-20.jsonl',
    'options-raw-book-ticker-2021-07-22.jsonl',
    'single-frames-2019-2024.jsonl',
  ])('are all read from their bytes if they are book frames: %s', (name) => {
    let books = 0
    for (const raw of recordedFrames(name)) {
      const bytes = Buffer.from(raw)
      const expected = parseMessage(bytes)
      const frame = scanner.scan(bytes)
      if (expected.type !== 'book') {
        expect(frame).toBeNull()
        continue
      }
      books += 1
      if (frame === null || !isDeepStrictEqual(plain(frame), plain(expected))) {
        expect.fail(raw.slice(0, 300))
      }
    }
    expect(books).toBeGreaterThan(0)
  })
})
