import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { onStopSignal } from '../../src/runtime.ts'
import { startBroker } from './broker.ts'
import { KafkaCluster } from './cluster.ts'

const USAGE = `Runs Apache Kafka (KRaft) on 127.0.0.1 until Ctrl-C.

  npm run kafka -- [--brokers 1|3] [--port N] [--data DIR]

  --brokers N  1: a single node (default); 3: a cluster whose topics have three replicas, of which
               two must acknowledge (replication factor 3, min.insync.replicas 2)
  --port N     port for clients (default 9092); those of further brokers follow
  --data DIR   keep the data in DIR and go on with what is there (default: a temporary folder)

Needs Java 17 or newer and Maven (Maven settings apply, also MAVEN_ARGS and MAVEN_OPTS), or, for a
single node, Docker. The jars are kept in .cache/kafka, or in the cache of the user where nothing may be written
there.
`
const DEFAULT_PORT = 9092
const EXIT_FAILURE = 1
const EXIT_USAGE = 2

interface KafkaArgs {
  brokers: 1 | 3
  port: number
  dataFolder: string | undefined
  isHelp: boolean
}

function readArgs(args: string[]): KafkaArgs {
  const { values } = parseArgs({
    args,
    options: {
      brokers: { type: 'string', default: '1' },
      port: { type: 'string', default: String(DEFAULT_PORT) },
      data: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.brokers !== '1' && values.brokers !== '3') {
    throw new Error(`--brokers ${values.brokers}: expected 1 or 3`)
  }
  const brokers = values.brokers === '1' ? 1 : 3
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port ${values.port}: expected a port from 1 to 65535`)
  }
  const dataFolder = values.data === undefined ? undefined : resolve(values.data)
  return { brokers, port, dataFolder, isHelp: values.help }
}

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

/** What runs: one broker or a cluster. */
interface Running {
  readonly brokers: string
  /** Why it ended by itself. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

async function startSingle({ port, dataFolder }: KafkaArgs): Promise<Running> {
  const data = dataFolder === undefined ? {} : { dataFolder }
  const broker = await startBroker({ port, ...data, say })
  const ended = broker.exited.then(
    (code) => `the broker exited unexpectedly with code ${code ?? '-'}`,
  )
  return { brokers: broker.brokers, ended, stop: () => broker.stop() }
}

async function startCluster({ brokers: count, port, dataFolder }: KafkaArgs): Promise<Running> {
  const data = dataFolder === undefined ? {} : { dataFolder }
  const cluster = await KafkaCluster.start({ count, port, ...data, say })
  const ended = cluster.firstExit().then((id) => `broker ${id} exited unexpectedly`)
  return { brokers: cluster.brokers, ended, stop: () => cluster.stop() }
}

async function run(args: KafkaArgs): Promise<number> {
  let running: Running | null = null
  let isStopping = false
  onStopSignal(() => {
    isStopping = true
    say('stopping')
    void running?.stop()
  })
  running = await (args.brokers === 1 ? startSingle(args) : startCluster(args))
  if (isStopping) await running.stop()
  else {
    const { brokers } = running
    say(`Kafka listens on ${brokers} (KAFKA_BROKERS=${brokers}); Ctrl-C stops it`)
    if (args.brokers > 1) say(`three replicas: KAFKA_REPLICATION_FACTOR=3`)
  }
  const why = await running.ended
  if (!isStopping) process.stderr.write(`${why}\n`)
  await running.stop()
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
