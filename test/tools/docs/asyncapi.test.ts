import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeSnapshot, encodeState } from '../../../src/http/stream/events.ts'
import { checkpointHeaders } from '../../../src/model/checkpoint-headers.ts'
import { FakeSnapshots, liveView } from '../../http/fakes.ts'
import { numbersFixture } from '../../numbers/numbers-fixture.ts'
import { ASKS, change, groupedSnapshot, snapshot, trade, trades } from '../../support/frames.ts'

const TEXT = readFileSync(new URL('../../../docs/asyncapi.yaml', import.meta.url), 'utf8')
/** Of Spectral: 0 is an error, 1 a warning. */
const WARNING = 1

type Parsed = NonNullable<Awaited<ReturnType<Parser['parse']>>['document']>

describe('docs/asyncapi.yaml', () => {
  let document: Parsed
  beforeAll(async () => {
    const parsed = await new Parser().parse(TEXT)
    const problems = parsed.diagnostics.filter(({ severity }) => Number(severity) <= WARNING)
    expect(problems.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([])
    if (parsed.document === undefined) throw new Error('the document has no content')
    document = parsed.document
  })

  /** Problems of a message of the document: its headers and its payload. */
  function problemsOf(name: string, payload: unknown, headers: unknown = {}) {
    const message = document.components().messages().get(name)
    const ajv = new Ajv({ strict: false, allErrors: true })
    return [
      [message?.headers()?.json(), headers],
      [message?.payload()?.json(), payload],
    ].flatMap(([schema, data]) => {
      if (typeof schema !== 'object') return data === payload ? ['no schema'] : []
      const validate = ajv.compile(schema as object)
      return validate(data) ? [] : [ajv.errorsText(validate.errors)]
    })
  }

  it('describes every topic and the stream, as the official parser reads it', () => {
    expect(document.version()).toBe('3.0.0')
    const channels = document.channels().all()
    expect(channels.map((channel) => channel.address())).toEqual([
      'prices',
      'trades',
      'numbers',
      '/api/v1/stream',
    ])
    const messages = channels.map((channel) =>
      channel
        .messages()
        .all()
        .map((one) => one.id()),
    )
    expect(messages).toEqual([['book'], ['trades'], ['numbers'], ['snapshot', 'state']])
  })

  it.each([
    ['book', groupedSnapshot()],
    ['book', snapshot()],
    ['book', change({ asks: ASKS.map(([price]) => ['delete', price, 0] as const) })],
    ['trades', trades([trade()])],
  ])('describes a record of the topics: %s', (name, text) => {
    const headers = checkpointHeaders({
      verifiedAtMs: 1_790_000_000_000,
      producerId: 'p',
      clockOffset: { offsetMs: 1, uncertaintyMs: 2, roundTripMs: 4 },
      instrumentState: 'open',
      isLast: true,
    })
    expect(problemsOf(name, JSON.parse(text))).toEqual([])
    expect(problemsOf(name, JSON.parse(text), headers)).toEqual([])
    expect(problemsOf(name, { ...(JSON.parse(text) as object), params: {} })).not.toEqual([])
  })

  it('describes numbers and states as they are written', () => {
    const { own, publisher, send, clock, sent } = numbersFixture()
    own(0)
    publisher.start()
    send(groupedSnapshot())
    clock.advance(10_000)
    expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['state', 'numbers']))
    for (const { value, headers } of sent) {
      const numbers = JSON.parse(String(value)) as object
      expect(problemsOf('numbers', numbers, headers)).toEqual([])
      expect(problemsOf('numbers', { ...numbers, midPrice: 'high' }, headers)).not.toEqual([])
      expect(problemsOf('numbers', numbers, { source: 'x' })).not.toEqual([])
    }
  })

  it('describes the events of the stream', () => {
    const view = liveView()
    const dataOf = (event: Buffer): unknown =>
      JSON.parse(/^data: (.*)$/m.exec(String(event))?.[1] ?? '')
    expect(problemsOf('snapshot', dataOf(encodeSnapshot(view, new FakeSnapshots(view))))).toEqual(
      [],
    )
    expect(problemsOf('state', dataOf(encodeState('A', view)))).toEqual([])
    expect(problemsOf('state', dataOf(encodeState('A', undefined)))).toEqual([])
    expect(problemsOf('state', {})).not.toEqual([])
  })
})
