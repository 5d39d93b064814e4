import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrokerCommand, BrokerPlace } from './broker-process.ts'
import { fetchKafkaJars } from './kafka-jars.ts'
import {
  serverProperties,
  toPropertiesText,
  type ServerPropertiesOptions,
} from './server-properties.ts'

const LOG_CONFIG = fileURLToPath(new URL('log4j2.properties', import.meta.url))

/** Writes the configuration, formats an empty data folder and returns the command of the broker. */
export async function prepareJavaBroker(
  place: BrokerPlace &
    Pick<ServerPropertiesOptions, 'extraListeners' | 'properties' | 'cluster'> & {
      /** Id of the cluster that the node belongs to; a new one without it. */
      clusterId?: string
    },
  say: (line: string) => void,
): Promise<BrokerCommand> {
  const jars = await fetchKafkaJars(say)
  const { dataFolder, logFile } = place
  const logFolder = join(dataFolder, 'log')
  const configFile = join(dataFolder, 'server.properties')
  await writeFile(configFile, toPropertiesText(serverProperties({ ...place, logFolder })))
  const java = [
    '-Xmx512m',
    `-Dlog4j2.configurationFile=${LOG_CONFIG}`,
    `-Dkafka.log=${logFile}`,
    '-cp',
    join(jars, '*'),
  ]
  if (!existsSync(join(logFolder, 'meta.properties'))) {
    // One argument with `=`: an id may begin with a dash and would be parsed as an option.
    const id = `--cluster-id=${place.clusterId ?? newClusterId()}`
    const format = ['kafka.tools.StorageTool', 'format', id, '-c', configFile]
    await run('java', [...java, ...format])
  }
  return { program: 'java', args: [...java, 'kafka.Kafka', configFile] }
}

/** 16 random bytes as 22 characters of base64url, as Kafka expects. */
export function newClusterId(): string {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
}

/** The cluster that a formatted data folder belongs to. */
export function clusterIdOf(dataFolder: string): string {
  const meta = readFileSync(join(dataFolder, 'log', 'meta.properties'), 'utf8')
  const id = /^cluster\.id=(.+)$/m.exec(meta)?.[1]
  if (id === undefined) throw new Error(`${dataFolder} has no cluster id`)
  return id
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  if (code !== 0) throw new Error(`formatting the data folder failed:\n${output}`)
}
