import { crc32, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import { describe, expect, it } from 'vitest'
import { type Fetched, OffsetRange } from '../../../../src/topic/kafka/fetch/fetched.ts'
import { readRecordSet, type RecordSet } from '../../../../src/topic/kafka/fetch/read-record-set.ts'
import { type CodecName, CODECS, marker, oldMessage, recordBatch } from './record-batches.ts'

const BUDGET_BYTES = 32 * 1024 * 1024

function read(batches: readonly Buffer[], given: Partial<RecordSet> = {}, bytes = BUDGET_BYTES) {
  const set = { fetchOffset: 0, highWatermark: 1_000_000, aborted: [], ...given }
  return readRecordSet({ bytes: Buffer.concat(batches), ...set }, { bytes })
}

/** `offset=value` of a record, `first-last` of a range, with its problem if it has one. */
function inWords(fetched: readonly Fetched[]): string[] {
  return fetched.map((one) => {
    if (!(one instanceof OffsetRange)) return `${one.offset}=${String(one.value)}`
    const range = `${one.firstOffset}-${one.offset}`
    return one.problem === null ? range : `${range} ${one.problem}`
  })
}

/** `batch` with one byte changed. */
function damaged(batch: Buffer, at: number): Buffer {
  const copy = Buffer.from(batch)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

const three = (codec: CodecName, baseOffset = 0) =>
  recordBatch({ baseOffset, codec, records: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] })

describe('a set of record batches', () => {
  it.each(Object.keys(CODECS) as CodecName[])('is read with the codec %s', (codec) => {
    const long = 'x'.repeat(100_000)
    const batch = recordBatch({
      codec,
      baseOffset: 7,
      records: [
        { key: 'k', value: long, headers: [['kind', 'checkpoint']], timestampDelta: -5 },
        { key: null, value: null },
        { key: '', value: '', timestampDelta: 4_000_000_000 },
      ],
    })
    const [first, second, third] = read([batch, three(codec, 10)], { fetchOffset: 7 })
    expect(first).toMatchObject({ offset: '7', timestamp: '1789999999995' })
    expect(String((first as { value: Buffer }).value)).toBe(long)
    expect({ ...(first as { headers: object }).headers }).toEqual({
      kind: Buffer.from('checkpoint'),
    })
    expect(second).toMatchObject({ offset: '8', key: null, value: null, headers: undefined })
    expect(third).toMatchObject({ offset: '9', key: Buffer.alloc(0), timestamp: '1794000000000' })
  })

  it('starts at the requested offset, and ends with the last complete batch', () => {
    const batches = [three('none', 0), three('gzip', 3), three('none', 6).subarray(0, 70)]
    expect(inWords(read(batches, { fetchOffset: 2 }))).toEqual(['2=c', '3=a', '4=b', '5=c'])
  })

  it('reports offsets without a record: compacted, empty, and control batches', () => {
    const batches = [
      recordBatch({ baseOffset: 2, records: [{ value: 'a', offsetDelta: 3 }], lastOffsetDelta: 6 }),
      recordBatch({ baseOffset: 20, records: [], lastOffsetDelta: 4 }),
      marker({ baseOffset: 25, producerId: 5, isCommit: true }),
    ]
    expect(inWords(read(batches))).toEqual(['0-4', '5=a', '6-8', '9-24', '25-25'])
  })

  it('skips the records of an aborted transaction, and no others', () => {
    const by = (producerId: number, baseOffset: number, flags = 16) =>
      recordBatch({ baseOffset, producerId, flags, records: [{ key: '\0\0\0\0', value: 'a' }] })
    const batches = [
      by(5, 0),
      by(6, 1),
      by(-1, 2, 0),
      by(5, 3),
      marker({ baseOffset: 4, producerId: 5, isCommit: false }),
      by(5, 5),
      marker({ baseOffset: 6, producerId: 6, isCommit: true }),
      marker({ baseOffset: 7, producerId: 5, isCommit: true }),
    ]
    const aborted = [{ producerId: 5, firstOffset: 0 }]
    expect(inWords(read(batches, { aborted }))).toEqual([
      ...['0-0', '1=a', '2=a', '3-3', '4-4', '5=a', '6-6', '7-7'],
    ])
  })

  it('has no timestamp if the broker replaced it', () => {
    const batch = recordBatch({ flags: 8 })
    expect(read([batch])).toMatchObject([{ offset: '0', timestamp: 'NaN' }])
  })

  it('reads single messages of the formats before Kafka 0.11, and skips compressed ones', () => {
    const batches = [
      oldMessage({ offset: 0, magic: 0, value: 'a', crc32 }),
      oldMessage({ offset: 1, magic: 1, value: 'b', crc32 }),
      oldMessage({ offset: 5, magic: 1, attributes: 2, value: 'packed', crc32 }),
      oldMessage({ offset: 6, magic: 1, attributes: 8, value: 'c', crc32 }),
      damaged(oldMessage({ offset: 7, magic: 1, value: 'd', crc32 }), 30),
      three('none', 8),
    ]
    const fetched = read(batches)
    expect(inWords(fetched)).toEqual([
      '0=a',
      '1=b',
      '2-5 compressed message in a format older than Kafka 0.11',
      '6=c',
      '7-7 checksum mismatch',
      ...['8=a', '9=b', '10=c'],
    ])
    const times = fetched.map((one) => ('timestamp' in one ? one.timestamp : null))
    expect(times.slice(0, 4)).toEqual(['NaN', '1790000000007', null, 'NaN'])
  })
})

describe('a batch that cannot be read', () => {
  const bomb = Buffer.alloc(40 * 1024 * 1024)
  it.each([
    ['a codec that Kafka does not have', { flags: 6 }, /unknown codec 6/],
    ['invalid gzip', { codec: 'gzip', payload: Buffer.from('nonsense') }, /gzip/],
    ['invalid snappy', { codec: 'snappy', payload: Buffer.from([9, 1, 2, 3]) }, /snappy/],
    ['an empty snappy block', { codec: 'snappy', payload: Buffer.alloc(0) }, /snappy/],
    ['invalid lz4', { codec: 'lz4', payload: Buffer.from('nonsense') }, /LZ4/],
    ['invalid zstd', { codec: 'zstd', payload: Buffer.from('nonsense') }, /zstd/],
    ['a gzip bomb', { codec: 'gzip', payload: gzipSync(bomb) }, /gzip/],
    ['a snappy bomb', { codec: 'snappy', payload: compressSync(bomb) }, /more than/],
    ['an lz4 bomb', { codec: 'lz4', payload: compressFrameSync(bomb) }, /more than/],
    ['a zstd bomb', { codec: 'zstd', payload: zstdCompressSync(bomb) }, /zstd/],
    ['more records than it has', { count: 5 }, /truncated record/],
    ['a number of records far over the limit', { count: 2_000_000_000 }, /records in one batch/],
    ['a negative number of records', { count: -3 }, /records in one batch/],
    ['invalid records', { payload: Buffer.alloc(50, 0xff) }, /truncated record|too long/],
    ['an offset beyond its last', { records: [{ offsetDelta: 9 }], lastOffsetDelta: 2 }, /offset/],
  ] as const)(
    'is skipped with its offsets, and those around it are read: %s',
    (_what, given, why) => {
      const bad = recordBatch({ lastOffsetDelta: 2, ...given, baseOffset: 3 })
      const fetched = read([three('none', 0), bad, three('zstd', 6)])
      const words = inWords(fetched)
      expect(words.toSpliced(3, 1)).toEqual(['0=a', '1=b', '2=c', '6=a', '7=b', '8=c'])
      expect(words[3]).toMatch(/^3-5 /)
      expect(words[3]).toMatch(why)
    },
  )

  it('is skipped if a single byte of it has changed', () => {
    const batch = three('none', 3)
    const around = (bad: Buffer) => read([three('none', 0), bad, three('none', 6)])
    // Behind the checksum, and the checksum itself: a modified record is never returned.
    for (let at = 17; at < batch.length; at += 1) {
      expect(inWords(around(damaged(batch, at)))).toEqual([
        ...['0=a', '1=b', '2=c'],
        '3-5 checksum mismatch',
        ...['6=a', '7=b', '8=c'],
      ])
    }
  })

  it('never moves the reader back, in a loop, or beyond the end of the partition', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(4),
        (changes, fetchOffset) => {
          const bytes = Buffer.concat([three('none', 0), three('snappy', 3), three('none', 6)])
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          const fetched = read([bytes], { fetchOffset, highWatermark: 9 })
          let next = fetchOffset
          for (const one of fetched) {
            const first = one instanceof OffsetRange ? one.firstOffset : one.offset
            expect(Number(first)).toBe(next)
            next = Number(one.offset) + 1
          }
          expect(next).toBeLessThanOrEqual(9)
          // Only written records, in order.
          expect(fetched.map(inValue).join('')).toMatch(/^a?b?c?a?b?c?a?b?c?$/)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('the decompressed size of one response', () => {
  it('is limited, and the rest is fetched later', () => {
    const batches = Array.from({ length: 10 }, (_, index) => three('gzip', index * 3))
    const fetched = read(batches, {}, 1000)
    expect(inWords(fetched)).toEqual(['0=a', '1=b', '2=c', '3=a', '4=b', '5=c'])
  })

  it('costs time in proportion to its bytes, however many headers a record has', () => {
    const headers = Array.from({ length: 100_000 }, (_, index) => [`h${index}`, ''] as const)
    const [record] = read([recordBatch({ records: [{ value: 'a', headers }] })])
    expect(record).toMatchObject({ offset: '0', value: Buffer.from('a') })
    // kafkajs copies all previous headers for each one, which would take minutes.
    expect(Object.keys((record as { headers: object }).headers)).toHaveLength(64)
  })
})

function inValue(one: Fetched): string {
  return one instanceof OffsetRange ? '' : String(one.value)
}
