import { join } from 'node:path'
import process from 'node:process'
import type { BrokerCommand, BrokerPlace } from './broker-process.ts'
import { serverProperties } from './server-properties.ts'

const IMAGE = 'apache/kafka:4.3.1'
const DATA_IN_CONTAINER = '/var/lib/kafka/data'

/**
 * Command of the broker as a foreground container, for machines without Java. One KAFKA_ variable
 * disables the image's own configuration, so all properties are given.
 */
export function dockerCommand(place: BrokerPlace, isTemporary: boolean): BrokerCommand {
  const { port, dataFolder } = place
  const properties = serverProperties({
    ...place,
    logFolder: DATA_IN_CONTAINER,
    listenHost: '0.0.0.0',
  })
  const variables = Object.entries(properties).flatMap(([name, value]) => [
    '-e',
    `KAFKA_${name.replaceAll('.', '_').toUpperCase()}=${value}`,
  ])
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`
  const data = isTemporary
    ? []
    : ['--user', user, '-v', `${join(dataFolder, 'log')}:${DATA_IN_CONTAINER}`]
  const name = `orderbook-kafka-${port}`
  const network = ['-p', `127.0.0.1:${port}:${port}`]
  return {
    program: 'docker',
    args: ['run', '--rm', '--init', '--name', name, ...network, ...data, ...variables, IMAGE],
    container: name,
  }
}
