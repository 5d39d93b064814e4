import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { runExport } from '../../src/commands/export/export.ts'
import { eventually } from '../support/eventually.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { needsBroker } from '../support/kafka.ts'
import { brokerPlace, ownBroker } from '../support/own-broker.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { outgoing } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const RECORDS = 20_000
const NAMES = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL', 'XRP_USDC-PERPETUAL']

describe('an export from a topic', needsBroker(), () => {
  const startMs = Date.now()
  let broker: Awaited<ReturnType<typeof ownBroker>> | null = null
  let environment: Readonly<Record<string, string>> = {}

  beforeAll(async () => {
    broker = await ownBroker(await brokerPlace())
    environment = { KAFKA_BROKERS: broker.brokers, TRADES: 'false' }
    const topic = kafkaTopic({ brokers: [broker.brokers], name: 'prices' })
    const producer = await topic.createProducer()
    for (let index = 0; index < RECORDS; index += 1) {
      const instrument = NAMES[index % NAMES.length] ?? ''
      const exchangeTimeMs = startMs + index
      const value = groupedSnapshot({ instrument, changeId: 1000 + index, exchangeTimeMs })
      producer.send(
        outgoing({ key: instrument, value: Buffer.from(value), timestampMs: exchangeTimeMs }),
      )
    }
    expect(await producer.flush(60_000)).toBe(0)
  })

  const day = (text: string) => ['--from', `${text}T00:00Z`, '--to', `${text}T01:00Z`]
  const all = ['--from', String(startMs), '--to', String(startMs + RECORDS)]
  it.each([
    [
      'a range before the first record',
      day('2020-01-01'),
      {},
      /there are no records between 2020-01-01T00:00/,
    ],
    [
      'a range after the last record',
      day('2120-01-01'),
      {},
      /there are no records between 2120-01-01T00:00/,
    ],
    [
      'a range at the start of time',
      ['--from', '1', '--to', '2'],
      {},
      /there are no records between 1970/,
    ],
    ['an empty range', ['--from', '5', '--to', '5'], {}, /--from must be before --to/],
    [
      'an instrument that the topic does not have',
      [...all, '--instruments', 'NO-SUCH'],
      {},
      /there are no books of NO-SUCH between/,
    ],
    ['a topic that does not exist', all, { KAFKA_TOPIC: 'other' }, /topic other does not exist/],
    [
      'a folder that does not exist',
      [...all, '--out', '/nowhere/table'],
      {},
      /\/nowhere\/table: cannot be written: ENOENT/,
    ],
  ] as const)('of %s ends with a clear error and no file', async (_what, args, more, message) => {
    const folder = temporaryFolder()
    const out = ['--format', 'csv', '--out', join(folder, 'table')]
    const failure: unknown = await runExport([...out, ...args], { ...environment, ...more }).then(
      () => 'no failure',
      (error: unknown) => error,
    )
    const problems = (failure as { context?: { problems?: readonly string[] } }).context?.problems
    expect([String(failure), ...(problems ?? [])].join(' ')).toMatch(message)
    expect(readdirSync(folder)).toEqual([])
  })

  it('that begins before the first record has all of them', async () => {
    const out = join(temporaryFolder(), 'table')
    const from = ['--from', String(startMs - 3_600_000), '--to', String(startMs + RECORDS)]
    await runExport(['--format', 'csv', '--out', out, ...from], environment)
    const process = startProcess('wc', ['-l', out])
    await process.exited
    // A line for each record, and the names.
    expect(process.stdout[0]).toContain(String(RECORDS + 1))
  })

  it('ends with a clear error and no file when the broker is killed meanwhile', async () => {
    const folder = temporaryFolder()
    const out = ['--format', 'ndjson', '--out', join(folder, 'table')]
    const child = startProcess(process.execPath, [CLI, 'export', ...out, ...all], {
      env: environment,
    })
    const isWriting = () => {
      const [partial] = readdirSync(folder)
      return partial !== undefined && statSync(join(folder, partial)).size > 0
    }
    await eventually(isWriting, { timeoutMs: 60_000, intervalMs: 1 })
    await broker?.kill()
    const { code } = await child.exited
    const text = child.stderr.join('\n')
    expect(text).toMatch(/reading failed: |no record for 20 s/)
    expect(text).not.toContain('    at ')
    expect(code).toBe(1)
    expect(readdirSync(folder)).toEqual([])
  })
})
