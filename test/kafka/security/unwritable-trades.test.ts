import { beforeAll, describe, expect, it } from 'vitest'
import { type Reader, startService, startSimulator } from '../../pipeline/running-service.ts'
import { eventually } from '../../support/eventually.ts'
import { ForeignClient } from '../../support/foreign-client.ts'
import { uniqueTopic } from '../../support/kafka.ts'
import { needs } from '../../support/needs.ts'
import { aclBroker } from './acl-broker.ts'
import { spedUpChecks } from './sped-up-checks.ts'

const LONG = { timeoutMs: 60_000 }
const BTC = 'BTC-PERPETUAL'

interface Delivery {
  topic: string
  received: number
  produced: number
  queued: number
  inFlight: number
  dropped: Readonly<Record<string, number>>
  problem: string | null
}

/** Readiness check `topic`. */
async function topicCheck(service: Reader) {
  const response = await service.get('/readyz')
  const { checks } = (await response.json()) as {
    checks: Readonly<Record<string, { status: string; detail: string | null }>>
  }
  return checks['topic']
}

describe(
  'a producer without permission for the trades topic',
  { ...needs('java', 'maven', 'python'), timeout: 240_000 },
  () => {
    let acl: Awaited<ReturnType<typeof aclBroker>>
    beforeAll(async () => {
      acl = await aclBroker()
      await acl.allowGroups()
    })

    /** Topics of a test, of which `reader` may use only `prices`, and how to start the service. */
    async function topicsOf({
      missing,
      role = 'producer',
    }: { missing?: 'prices' | 'trades'; role?: string } = {}) {
      const prices = uniqueTopic('prices')
      const trades = `${prices}-trades`
      const existing = [
        ...(missing === 'prices' ? [] : [prices]),
        ...(missing === 'trades' ? [] : [trades]),
      ]
      await acl.admin.createTopics({
        topics: existing.map((topic) => ({ topic, numPartitions: 2 })),
      })
      await acl.allow(prices, 'READ', 'DESCRIBE', 'WRITE')
      const simulator = await startSimulator({ instruments: [BTC], ratePerSecond: 40 })
      const foreign = new ForeignClient(acl.broker.brokers)
      const { brokers, sasl } = acl.connection
      const start = async () => {
        const service = await startService(
          {
            ROLE: role,
            DERIBIT_URL: simulator.url,
            INSTRUMENTS: BTC,
            KAFKA_BROKERS: brokers.join(','),
            KAFKA_SASL_MECHANISM: sasl.mechanism,
            KAFKA_SASL_USERNAME: sasl.username,
            KAFKA_SASL_PASSWORD: sasl.password,
            KAFKA_TOPIC: prices,
            KAFKA_TRADES_TOPIC: trades,
            KAFKA_PARTITIONS: '2',
            KAFKA_GROUP_ID: prices,
          },
          { clock: spedUpChecks, foreignBrokers: acl.broker.brokers },
        )
        const deliveryOf = async (topic: string): Promise<Delivery | undefined> => {
          const response = await service.get('/api/v1/pipeline')
          const { delivery } = (await response.json()) as { delivery: Delivery[] }
          return delivery.find((each) => each.topic === topic)
        }
        const producedOf = async (topic: string) => (await deliveryOf(topic))?.produced ?? 0
        return {
          service,
          /** Books are ready and produced, and whatever is wrong with the trades is reported. */
          async writesBooksOnly(problem: RegExp): Promise<void> {
            await eventually(async () => {
              expect(await service.failing()).toEqual({})
              expect((await deliveryOf(trades))?.problem).toMatch(problem)
            }, LONG)
            expect(await topicCheck(service)).toEqual({
              status: 'pass',
              detail: expect.stringMatching(problem) as string,
            })
            const ready = (topic: string) =>
              service.value(`orderbook_producer_topic_ready{topic=${topic}}`)
            expect([await ready(prices), await ready(trades)]).toEqual([1, 0])
            const before = await producedOf(prices)
            await eventually(async () => (await producedOf(prices)) > before + 20, LONG)
            expect(await deliveryOf(prices)).toMatchObject({ problem: null })
          },
          /** Every trade since the start is delivered. */
          async writesTrades(): Promise<void> {
            const before = await producedOf(trades)
            await eventually(async () => (await producedOf(trades)) > before + 2, LONG)
            await eventually(async () => {
              expect((await deliveryOf(trades))?.problem).toBeNull()
              expect(await topicCheck(service)).toEqual({ status: 'pass', detail: null })
            }, LONG)
            const delivery = await deliveryOf(trades)
            expect(Object.values(delivery?.dropped ?? {}).filter((count) => count > 0)).toEqual([])
            const records = await foreign.records(trades)
            expect(records.length).toBeGreaterThanOrEqual(delivery?.produced ?? Number.NaN)
            // Each trade follows the one before it: nothing is lost and nothing is out of order.
            const sequence = records.flatMap(({ value }) =>
              (JSON.parse(value) as { params: { data: { trade_seq: number }[] } }).params.data.map(
                (trade) => trade.trade_seq,
              ),
            )
            const distinct = [...new Set(sequence)]
            const [first = 0] = distinct
            expect(distinct).toEqual(Array.from(distinct, (_, index) => first + index))
          },
          warnings: (message: string) =>
            service.logger.lines.filter(
              (line) =>
                line.level === 'warn' &&
                line.message === message &&
                JSON.stringify(line.fields).includes(trades),
            ),
        }
      }
      return { prices, trades, start }
    }

    it('writes books, and trades as soon as describing them is permitted', async () => {
      const { trades, start } = await topicsOf({ role: 'all' })
      const producer = await start()
      await producer.writesBooksOnly(/authoriz/i)
      await eventually(async () => (await producer.service.liveCount()) === 1, LONG)
      expect(producer.warnings('topic is not available, continuing without it')).toHaveLength(1)
      await acl.allow(trades, 'READ', 'DESCRIBE', 'WRITE')
      await producer.writesTrades()
      await eventually(
        async () => (await producer.service.value('orderbook_trades_enabled{}')) === 1,
        LONG,
      )
      expect(producer.service.fatal).toEqual([])
    })

    it('writes books, and trades as soon as writing them is permitted', async () => {
      const { trades, start } = await topicsOf()
      await acl.allow(trades, 'DESCRIBE')
      const producer = await start()
      await producer.writesBooksOnly(/authoriz/i)
      expect(producer.warnings('produce requests are failing')).toHaveLength(1)
      await acl.allow(trades, 'WRITE')
      await producer.writesTrades()
      expect(producer.warnings('produce requests are failing')).toHaveLength(1)
    })

    it('continues when permission is revoked while trades are written, and loses none', async () => {
      const { trades, start } = await topicsOf()
      await acl.allow(trades, 'DESCRIBE', 'WRITE')
      const producer = await start()
      await producer.writesTrades()
      await acl.forbid(trades, 'DESCRIBE', 'WRITE')
      await producer.writesBooksOnly(/authoriz/i)
      await acl.allow(trades, 'DESCRIBE', 'WRITE')
      await producer.writesTrades()
    })

    it('starts without the trades topic if it may not create it, and finds it when it exists', async () => {
      const { trades, start } = await topicsOf({ missing: 'trades' })
      await acl.allow(trades, 'DESCRIBE', 'WRITE')
      const producer = await start()
      await producer.writesBooksOnly(/does not exist and the broker denies creating it/)
      await acl.admin.createTopics({ topics: [{ topic: trades, numPartitions: 2 }] })
      await producer.writesTrades()
      expect(producer.service.fatal).toEqual([])
    })

    it('does not start if it may not create the topic of the books', async () => {
      const { prices, trades, start } = await topicsOf({ missing: 'prices' })
      await acl.allow(trades, 'DESCRIBE', 'WRITE')
      await expect(start()).rejects.toMatchObject({
        code: 'ERR_TOPIC_MISSING',
        message: `topic ${prices} does not exist and the broker denies creating it; create it, or grant the permission CREATE`,
      })
    })
  },
)
