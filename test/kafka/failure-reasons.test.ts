import dns from 'node:dns'
import kafkajs from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'
import { findFreePorts } from '../../tools/kafka/free-port.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { recordingLogger } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import { ownBroker } from '../support/own-broker.ts'
import { RememberingHandler, startAtEnd } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const LONG = { timeoutMs: 60_000, intervalMs: 100 }
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/** A name that has two addresses, as `localhost` has on many hosts. */
function nameWithTwoAddresses(): string {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '127.0.0.2', family: 4 },
  ]
  const lookup = vi.spyOn(dns, 'lookup')
  lookup.mockImplementation(((
    _name: string,
    _options: object,
    done: (...args: unknown[]) => void,
  ) => {
    done(null, addresses)
  }) as typeof dns.lookup)
  registerCleanUp(() => lookup.mockRestore())
  return 'two.example'
}

describe('the reason of a failure', () => {
  it('names every refused address of an exchange and of a broker', async () => {
    const [port = 0] = await findFreePorts(1)
    const host = nameWithTwoAddresses()
    const service = await startService({
      DERIBIT_URL: `ws://${host}:${port}/ws/api/v2`,
      KAFKA_BROKERS: `${host}:${port}`,
    })
    const refused = new RegExp(
      `ECONNREFUSED 127\\.0\\.0\\.1:${port}; connect ECONNREFUSED 127\\.0\\.0\\.2:${port}`,
    )
    await eventually(async () => {
      const failing = await service.failing()
      expect(failing['feed']).toMatch(refused)
      expect(failing['topic']).toMatch(refused)
      expect(failing['consumer']).toMatch(refused)
    }, LONG)
    const warnings = service.logger.lines.filter(({ level }) => level === 'warn')
    expect(JSON.stringify(warnings.map(({ fields }) => fields))).toMatch(refused)
  })

  it('is the error of the broker for a new topic', needsBroker(), async () => {
    const logger = recordingLogger()
    const topic = kafkaTopic(
      { brokers: [brokersOfRun()], name: uniqueTopic('prices'), replicationFactor: 3 },
      { logger },
    )
    const producer = topic.makeProducer()
    await producer.start()
    expect(producer.health().problem).toMatch(
      /cannot be created with 4 partitions and replication factor 3: .*Replication-factor is invalid/,
    )
    expect(JSON.stringify(logger.lines)).toMatch(/Replication-factor is invalid/)
  })

  it(
    'is the error of the broker for a member of a group',
    { ...needsBroker(), ...needs('java', 'maven') },
    async () => {
      const broker = await ownBroker({
        properties: {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'allow.everyone.if.no.acl.found': 'true',
          'early.start.listeners': 'CONTROLLER',
          'super.users': 'User:nobody',
        },
      })
      const admin = await connectAdmin(broker.brokers)
      const logger = recordingLogger()
      const topic = kafkaTopic({ brokers: [broker.brokers], name: 'prices' }, { logger })
      await topic.createProducer()
      await admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.GROUP,
            resourceName: 'prices-',
            resourcePatternType: ResourcePatternTypes.PREFIXED,
            principal: 'User:somebody',
            host: '*',
            operation: AclOperationTypes.READ,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      })
      const consumer = topic.createConsumer({ groupId: 'readers', startPosition: startAtEnd })
      await consumer.start(new RememberingHandler())
      await eventually(() => {
        expect(consumer.health().problem).toMatch(
          /Failed to find group coordinator: Not authorized to access group/,
        )
      }, LONG)
      // kafkajs logs it only in debug lines, none of which is forwarded.
      expect(JSON.stringify(logger.lines)).not.toContain('Tried to find group coordinator')
    },
  )

  it('is reported for an unknown host name', async () => {
    const service = await startService({
      DERIBIT_URL: 'ws://exchange.invalid/ws/api/v2',
      KAFKA_BROKERS: 'broker.invalid:9092',
    })
    await eventually(async () => {
      const failing = await service.failing()
      expect(failing['feed']).toMatch(/dns: getaddrinfo E\w+ exchange\.invalid/)
      expect(failing['topic']).toMatch(/getaddrinfo E\w+ broker\.invalid/)
    }, LONG)
  })

  it('is reported for a port in use', async () => {
    const simulator = await startSimulator()
    const first = await startService({ DERIBIT_URL: simulator.url })
    const port = new URL(first.url).port
    await expect(startService({ DERIBIT_URL: simulator.url, HTTP_PORT: port })).rejects.toThrow(
      port,
    )
  })
})
