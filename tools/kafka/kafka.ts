import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { onStopSignal } from '../../src/runtime.ts'
import type { Broker } from './broker-process.ts'
import { startBroker } from './broker.ts'

const USAGE = `Runs a single Apache Kafka node (KRaft) on 127.0.0.1 until Ctrl-C.

  npm run kafka -- [--port N] [--data DIR]

  --port N     port for clients (default 9092)
  --data DIR   keep the data in DIR and go on with what is there (default: a temporary folder)

Needs Java 17 or newer and Maven (Maven settings apply, also MAVEN_ARGS and MAVEN_OPTS), or
Docker. The jars are kept in .cache/kafka, or in the cache of the user where nothing may be written
there.
`
const DEFAULT_PORT = 9092
const EXIT_FAILURE = 1
const EXIT_USAGE = 2

interface KafkaArgs {
  port: number
  dataFolder: string | undefined
  isHelp: boolean
}

function readArgs(args: string[]): KafkaArgs {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: String(DEFAULT_PORT) },
      data: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port ${values.port}: expected a port from 1 to 65535`)
  }
  const dataFolder = values.data === undefined ? undefined : resolve(values.data)
  return { port, dataFolder, isHelp: values.help }
}

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

async function run({ port, dataFolder }: KafkaArgs): Promise<number> {
  let broker: Broker | null = null
  let isStopping = false
  onStopSignal(() => {
    isStopping = true
    say('stopping')
    void broker?.stop()
  })
  const data = dataFolder === undefined ? {} : { dataFolder }
  broker = await startBroker({ port, ...data, say })
  if (isStopping) await broker.stop()
  else say(`Kafka listens on ${broker.brokers} (KAFKA_BROKERS=${broker.brokers}); Ctrl-C stops it`)
  const code = await broker.exited
  if (!isStopping) process.stderr.write(`the broker exited unexpectedly with code ${code ?? '-'}\n`)
  await broker.stop()
  return isStopping ? 0 : EXIT_FAILURE
}

async function main(): Promise<number> {
  let args: KafkaArgs
  try {
    args = readArgs(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`)
    return EXIT_USAGE
  }
  if (args.isHelp) {
    say(USAGE)
    return 0
  }
  try {
    return await run(args)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return EXIT_FAILURE
  }
}

process.exitCode = await main()
