import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createParser } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'
import type { StateEvent } from '../../src/http/stream/events.ts'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { startProgram } from '../pipeline/running-program.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { examples } from '../support/api-page.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs, skipBecause } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { readNumbers } from './numbers-reader.ts'
import { spedUpChecks } from './security/sped-up-checks.ts'

const KAFKA_PYTHON = 'kafka-python==3.0.12'
const LONG = { timeoutMs: 60_000 }
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL']
const [BTC = '', ETH = ''] = INSTRUMENTS
/** How often the consumer is killed; more than once it waits each time for the timeout of its group. */
const KILLS = Number(process.env['NUMBERS_KILLS'] ?? 1)

function topicNames() {
  const prices = uniqueTopic('prices')
  return {
    numbers: `${prices}-numbers`,
    prices,
    shared: {
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: prices,
      KAFKA_TRADES_TOPIC: `${prices}-trades`,
      KAFKA_GROUP_ID: prices,
    },
  }
}

/** Changes of state that the stream of a service shows, by instrument, until it ends. */
async function watchStates(url: string) {
  const states = new Map(INSTRUMENTS.map((name) => [name, [] as string[]]))
  const response = await fetch(`${url}/api/v1/stream?instruments=${INSTRUMENTS.join(',')}`)
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== 'state') return
      const { instrument, state, reason } = JSON.parse(data) as StateEvent
      if (state === null || state === 'catching_up') return
      const shown = reason === null ? state : `${state}:${reason}`
      const known = states.get(instrument)
      // The same state before and after a backlog is no change for readers of the topic.
      if (known?.at(-1) !== shown) known?.push(shown)
    },
  })
  const ended = (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        parser.feed(decoder.decode(chunk, { stream: true }))
      }
    } catch {
      // The service was killed.
    }
  })()
  return { states, ended }
}

/** Whether all of `wanted` occur in `seen` in this order. */
function isSubsequence(wanted: readonly string[], seen: readonly string[]): boolean {
  let found = 0
  for (const one of seen) if (one === wanted[found]) found += 1
  return found === wanted.length
}

describe('the topic of numbers', { ...needsBroker(), timeout: 120_000 * KILLS }, () => {
  it('has every state and never older numbers after newer ones, also of a consumer that is killed', async () => {
    const { shared, prices, numbers } = topicNames()
    const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 200 })
    const producer = {
      ROLE: 'producer',
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: INSTRUMENTS.join(','),
      // The topic of numbers gets the count of the books, whatever the consumer is set to.
      KAFKA_PARTITIONS: '3',
    }
    await startService({ ...shared, ...producer })
    const watched: Awaited<ReturnType<typeof watchStates>>['states'][] = []
    let reader: Awaited<ReturnType<typeof readNumbers>> | null = null
    for (let run = 0; run <= KILLS; run += 1) {
      const group = KILLS > 1 ? prices : `${prices}-${run}`
      const settings = {
        ROLE: 'consumer',
        KAFKA_NUMBERS_TOPIC: numbers,
        KAFKA_GROUP_ID: group,
      }
      const consumer = await startProgram({ ...shared, ...settings })
      await eventually(async () => (await consumer.liveCount()) === INSTRUMENTS.length, LONG)
      const stream = await watchStates(consumer.url)
      watched.push(stream.states)
      reader ??= await readNumbers(brokersOfRun(), numbers)
      const seen = stream.states
      for (const [fault, instrument, state] of [
        [`halted@${BTC}`, BTC, 'halted'],
        [`crossed@${ETH}`, ETH, 'invalid'],
      ] as const) {
        simulator.faults.set(fault)
        const before = seen.get(instrument)?.length ?? 0
        await eventually(
          () =>
            seen
              .get(instrument)
              ?.slice(before)
              .some((one) => one.startsWith(state)),
          LONG,
        )
        simulator.faults.set('')
        await eventually(() => seen.get(instrument)?.at(-1) === 'live', LONG)
      }
      const { length } = reader.records
      const { records } = reader
      await eventually(() => records.length > length + 30, LONG)
      expect(await consumer.value('orderbook_numbers_topic_ready{}')).toBe(1)
      // The last one too: a reader must not depend on a clean end.
      consumer.program.kill('SIGKILL')
      await consumer.program.exited
      await stream.ended
    }
    const { records = [], statesOf, numbersOf } = reader ?? (await readNumbers('', ''))
    await eventually(
      () =>
        watched.every((states) =>
          INSTRUMENTS.every((name) => isSubsequence(states.get(name) ?? [], statesOf(name))),
        ),
      LONG,
    )
    for (const instrument of INSTRUMENTS) {
      const all = watched.flatMap((states) => states.get(instrument) ?? [])
      expect([
        instrument,
        isSubsequence(all, statesOf(instrument)) ? all : statesOf(instrument),
      ]).toEqual([instrument, all])
      const ofInstrument = numbersOf(instrument)
      expect(ofInstrument.length).toBeGreaterThan(10)
      const offsets = ofInstrument.map(({ value }) => Number(value.source?.offset))
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
      const times = ofInstrument.map(({ timestampMs }) => timestampMs)
      expect(times).toEqual(ofInstrument.map(({ value }) => value.exchangeTimeMs))
    }
    for (const { key, partition, value, definitions, source } of records) {
      expect([value.instrument, partition, definitions]).toEqual([key, partitionOfKey(key, 3), '1'])
      if (value.midPrice === null) continue
      expect([value.state, source]).toEqual([
        'live',
        `${prices}/${partition}/${value.source?.offset}`,
      ])
    }
  })

  it('is read by the examples of docs/api.md', { ...needs('python') }, async (context) => {
    const packages = await pythonPackages(KAFKA_PYTHON).catch((error: unknown) => {
      const reason = `kafka-python cannot be installed: ${String(error)}`
      skipBecause(reason)
      return context.skip(reason)
    })
    const { shared, numbers } = topicNames()
    const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 100 })
    const service = await startService({
      ...shared,
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: INSTRUMENTS.join(','),
      KAFKA_NUMBERS_TOPIC: numbers,
    })
    await eventually(
      async () => (await service.value('orderbook_numbers_topic_ready{}')) === 1,
      LONG,
    )
    const [python = '', typescript = ''] = ['python', 'ts'].map(
      (language) =>
        examples(language)
          .find((text) => text.includes("'numbers'"))
          ?.replaceAll("'numbers'", `'${numbers}'`)
          .replaceAll('numbers-reader', `${numbers}-reader`)
          .replaceAll('127.0.0.1:9092', brokersOfRun())
          .replace("'kafkajs'", `'${import.meta.resolve('kafkajs')}'`) ?? '',
    )
    const file = join(temporaryFolder(), 'example.ts')
    writeFileSync(file, typescript)
    const readers = [
      startProcess('python3', ['-c', python], {
        env: { PYTHONPATH: packages, PATH: process.env['PATH'] ?? '' },
      }),
      startProcess(process.execPath, [file]),
    ]
    for (const reader of readers) {
      for (const name of INSTRUMENTS) {
        await reader.waitForLine(new RegExp(`^${name} is live`))
        await reader.waitForLine(new RegExp(`^${name} [\\d.]+ \\{['"]1['"]: ?-?[\\d.]`))
      }
    }
  })

  it('leaves the books alone while it cannot be written, is recreated, and says so', async () => {
    const { shared, numbers } = topicNames()
    const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 100 })
    const admin = await connectAdmin()
    await admin.createTopics({ topics: [{ topic: numbers, numPartitions: 2 }] })
    const service = await startService(
      {
        ...shared,
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: INSTRUMENTS.join(','),
        KAFKA_NUMBERS_TOPIC: numbers,
      },
      { clock: spedUpChecks },
    )
    const areBooksWell = async () => {
      expect(await service.liveCount()).toBe(INSTRUMENTS.length)
      expect(await service.failing()).toEqual({})
    }
    const ready = () => service.value('orderbook_numbers_topic_ready{}')
    const written = () => service.value('orderbook_numbers_records_total{}')
    const detailOf = async () => await (await service.get('/readyz')).text()

    // Another partition count than the books have.
    const problem = `${numbers} has 2 partitions, but ${shared.KAFKA_TOPIC} has 4`
    await eventually(areBooksWell, LONG)
    await eventually(async () => {
      expect(await detailOf()).toContain(problem)
    }, LONG)
    expect([await ready(), await written()]).toEqual([0, 0])
    expect(JSON.stringify(service.logger.lines)).toContain(problem)
    await admin.createPartitions({ topicPartitions: [{ topic: numbers, count: 4 }] })
    await eventually(async () => (await ready()) === 1 && ((await written()) ?? 0) > 30, LONG)
    await areBooksWell()

    // Deleted while it is written: made again, and written again.
    await admin.deleteTopics({ topics: [numbers] })
    await eventually(async () => {
      const { topics } = await admin
        .fetchTopicMetadata({ topics: [numbers] })
        .catch(() => ({ topics: [] }))
      expect(topics[0]?.partitions).toHaveLength(4)
    }, LONG)
    await areBooksWell()
    const before = (await written()) ?? 0
    await eventually(
      async () => (await ready()) === 1 && ((await written()) ?? 0) > before + 30,
      LONG,
    )
    await areBooksWell()
    const reader = await readNumbers(brokersOfRun(), numbers)
    await eventually(() => INSTRUMENTS.every((name) => reader.numbersOf(name).length > 3), LONG)
    expect(service.fatal).toEqual([])
  })

  it('exists only where it is set', async () => {
    const { shared, numbers } = topicNames()
    const simulator = await startSimulator({ instruments: [BTC] })
    const service = await startService({ ...shared, DERIBIT_URL: simulator.url, INSTRUMENTS: BTC })
    await eventually(async () => (await service.liveCount()) === 1, LONG)
    const { types } = await service.metrics()
    expect([...types.keys()].filter((name) => name.includes('_numbers_'))).toEqual([])
    const admin = await connectAdmin()
    expect(await admin.listTopics()).not.toContain(numbers)
  })
})
