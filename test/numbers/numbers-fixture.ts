import { encodeNumbers, encodeNumbersState } from '../../src/http/schemas/numbers.ts'
import type { OutgoingRecord } from '../../src/model/topic.ts'
import { NumbersPublisher } from '../../src/numbers/numbers-publisher.ts'
import { recordingLogger } from '../http/fakes.ts'
import { processFixture } from '../process/process-fixture.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** What a reader sees of a record. */
export interface ReadNumbers {
  readonly state: string
  readonly reason: string | null
  readonly midPrice: number | null
}

/** Complete processing with a publisher whose records are kept in `sent`. */
export function numbersFixture(options: { named?: readonly string[] } = {}) {
  const sent: OutgoingRecord[] = []
  /** When each was given to the producer, monotonic. */
  const writtenMs: number[] = []
  const retracted: string[] = []
  const forgotten: string[] = []
  const dropped: string[] = []
  const clock = new FakeClock()
  const logger = recordingLogger()
  const publisher: NumbersPublisher = new NumbersPublisher(
    { topic: 'numbers', definitions: '1' },
    {
      source: {
        states: () => books.store.states(),
        instrument: (name) => books.store.instrument(name),
        snapshot: (name, depth) => books.store.snapshot(name, depth),
        summary: (name) => books.store.summary(name),
      },
      producer: {
        send(record) {
          sent.push(record)
          writtenMs.push(clock.monotonicMs())
        },
        retract: (_topic, channel) => retracted.push(channel),
        forgetChannel: (_topic, channel) => forgotten.push(channel),
      },
      clock,
      logger,
      encodeNumbers: (view) => encodeNumbers(view, books.store),
      encodeState: (view) => encodeNumbersState(view, books.store),
      onDropped: (reason) => dropped.push(reason),
    },
  )
  const books = processFixture({ ...options, clock, observer: publisher })
  const jsonOf = ({ value }: OutgoingRecord) => JSON.parse(String(value)) as ReadNumbers
  return {
    ...books,
    publisher,
    logger,
    sent,
    writtenMs,
    retracted,
    forgotten,
    dropped,
    jsonOf,
    /** Each record as `state`, `state:reason`, or the mid-price of numbers. */
    seen: (instrument?: string) =>
      sent
        .filter(({ key }) => instrument === undefined || key === instrument)
        .map((record) => {
          const { state, reason, midPrice } = jsonOf(record)
          if (record.kind === 'numbers') return midPrice
          return reason === null ? state : `${state}:${reason}`
        }),
  }
}
