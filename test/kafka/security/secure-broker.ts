import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startBroker } from '../../../tools/kafka/broker.ts'
import { findFreePorts } from '../../../tools/kafka/free-port.ts'
import { fetchKafkaJars } from '../../../tools/kafka/kafka-jars.ts'
import { createAuthority } from '../../support/certificates.ts'

const run = promisify(execFile)
const PLAIN_LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'

/**
 * A broker with a listener for each way in: TLS, TLS with a certificate of the client, and a login over
 * TLS. `plain` knows the user alice with the password secret; users of scram are added.
 */
export async function startSecureBroker() {
  const authority = createAuthority()
  const server = authority.sign('broker')
  const tls = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': server.cert,
    'ssl.keystore.key': server.key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': authority.ca,
  }
  const [tlsPort = 0, mutualPort = 0, loginPort = 0] = await findFreePorts(3)
  const broker = await startBroker({
    extraListeners: [
      { name: 'TLS', protocol: 'SSL', port: tlsPort, properties: tls },
      {
        name: 'MUTUAL',
        protocol: 'SSL',
        port: mutualPort,
        properties: { ...tls, 'ssl.client.auth': 'required' },
      },
      {
        name: 'LOGIN',
        protocol: 'SASL_SSL',
        port: loginPort,
        properties: {
          ...tls,
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
          'plain.sasl.jaas.config': `${PLAIN_LOGIN} user_alice="secret";`,
          'scram-sha-256.sasl.jaas.config': SCRAM_LOGIN,
          'scram-sha-512.sasl.jaas.config': SCRAM_LOGIN,
        },
      },
    ],
  })
  const at = (port: number) => `127.0.0.1:${port}`
  return {
    broker,
    authority,
    plaintext: broker.brokers,
    tls: at(tlsPort),
    mutual: at(mutualPort),
    login: at(loginPort),
    /** Adds a user, or changes the password. */
    async setScramUser(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', user: string, word: string) {
      const jars = await fetchKafkaJars(() => undefined)
      await run('java', [
        '-cp',
        join(jars, '*'),
        'kafka.admin.ConfigCommand',
        ...['--bootstrap-server', broker.brokers, '--alter'],
        ...['--add-config', `${mechanism}=[password=${word}]`],
        ...['--entity-type', 'users', '--entity-name', user],
      ])
    },
  }
}
