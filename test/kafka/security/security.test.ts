import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startService, startSimulator, type Reader } from '../../pipeline/running-service.ts'
import { eventually } from '../../support/eventually.ts'
import { kafkaTopic } from '../kafka-topic.ts'
import { uniqueTopic } from '../../support/kafka.ts'
import { needs } from '../../support/needs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startSecureBroker } from './secure-broker.ts'
import type { Certified } from '../../support/certificates.ts'

const LONG = { timeoutMs: 60_000 }

let secure: Awaited<ReturnType<typeof startSecureBroker>>
let client: Certified
let trusting: Readonly<Record<string, string>>

function fileWith(text: string): string {
  const file = join(temporaryFolder(), 'password')
  writeFileSync(file, `${text}\n`)
  return file
}

/** The whole service with one listener of the broker. */
async function serviceWith(settings: Readonly<Record<string, string>>) {
  const simulator = await startSimulator({ instruments: 2, ratePerSecond: 20 })
  const topic = uniqueTopic('prices')
  return startService(
    {
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      ...settings,
    },
    { foreignBrokers: secure.plaintext },
  )
}

const isLive = async (service: Reader) =>
  (await service.status('/readyz')) === 200 && (await service.liveCount()) === 2

it('does not send a password in clear text to a broker, even when other brokers refer to it', async () => {
  // Settings allow it on loopback alone; brokers may refer their clients to other hosts.
  const topic = kafkaTopic({
    name: 'prices',
    connection: {
      brokers: ['broker.example:9092'],
      tls: null,
      sasl: { mechanism: 'plain', username: 'alice', password: 'secret' },
    },
  })
  const producer = topic.makeProducer()
  await producer.start()
  await eventually(() => {
    expect(producer.health().problem).toMatch(/in clear text to broker\.example/)
  })
})

describe(
  'a broker with authentication',
  { ...needs('java', 'maven', 'openssl'), timeout: 180_000 },
  () => {
    beforeAll(async () => {
      secure = await startSecureBroker()
      client = secure.authority.sign('client')
      trusting = { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: secure.authority.caFile }
      await secure.setScramUser('SCRAM-SHA-256', 'bob', 'word-256')
      await secure.setScramUser('SCRAM-SHA-512', 'carol', 'word-512')
    }, 180_000)
    afterAll(() => secure.broker.stop())

    const login = (mechanism: string, user: string, password: string) => ({
      ...trusting,
      KAFKA_BROKERS: secure.login,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD_FILE: fileWith(password),
    })
    const mutual = () => ({
      ...trusting,
      KAFKA_BROKERS: secure.mutual,
      KAFKA_SSL_CERT_FILE: client.certFile,
      KAFKA_SSL_KEY_FILE: client.keyFile,
    })

    it.each([
      ['TLS', () => ({ ...trusting, KAFKA_BROKERS: secure.tls })],
      ['TLS with a certificate of the client', mutual],
      ['a plain login over TLS', () => login('plain', 'alice', 'secret')],
      ['a scram-sha-256 login over TLS', () => login('scram-sha-256', 'bob', 'word-256')],
      ['a scram-sha-512 login over TLS', () => login('scram-sha-512', 'carol', 'word-512')],
    ])('is written and read with %s', async (_name, settings) => {
      const service = await serviceWith(settings())
      await eventually(() => isLive(service), LONG)
    })

    it.each([
      [
        'a wrong password of plain',
        () => login('plain', 'alice', 'wrong'),
        /authentication failed/i,
      ],
      [
        'a wrong password of scram',
        () => login('scram-sha-256', 'bob', 'wrong'),
        /authentication failed|invalid credentials/i,
      ],
      [
        'a certificate of an unknown CA',
        () => ({ KAFKA_BROKERS: secure.tls, KAFKA_SSL: 'true' }),
        /self.signed certificate|unable to verify/i,
      ],
      [
        'no certificate where one is demanded',
        () => ({ ...trusting, KAFKA_BROKERS: secure.mutual }),
        /certificate|disconnected|closed|reset/i,
      ],
      [
        'TLS to a listener without it',
        () => ({ ...trusting, KAFKA_BROKERS: secure.plaintext }),
        /disconnected before secure TLS|wrong version|closed/i,
      ],
    ])('is not reached with %s, and the checks say so', async (_name, settings, why) => {
      const service = await serviceWith(settings())
      await eventually(async () => {
        expect((await service.failing())['topic']).toMatch(why)
        expect((await service.failing())['consumer']).toMatch(why)
      }, LONG)
      expect(await service.status('/livez')).toBe(200)
      expect(service.fatal).toEqual([])
      const warnings = service.logger.lines.filter(({ level }) => level === 'warn')
      expect(JSON.stringify(warnings)).toMatch(why)
      expect(JSON.stringify(service.logger.lines)).not.toMatch(/"wrong"/)
    })

    it('is reached without a restart once the login is correct', async () => {
      const service = await serviceWith(login('scram-sha-256', 'dave', 'later'))
      await eventually(async () => {
        expect((await service.failing())['topic']).toMatch(/authentication failed|credentials/i)
      }, LONG)
      await secure.setScramUser('SCRAM-SHA-256', 'dave', 'later')
      await eventually(() => isLive(service), LONG)
    })
  },
)
