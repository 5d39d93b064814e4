import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { onStopSignal } from '../../src/runtime.ts'
import { startBroker } from './broker.ts'
import { KafkaCluster } from './cluster.ts'
import { keepRunning } from './keep-running.ts'

const USAGE = `Runs Apache Kafka (KRaft) on 127.0.0.1 until Ctrl-C.

  npm run kafka -- [--brokers 1|3] [--port N] [--data DIR]

  --brokers N  1: a single node (default); 3: a cluster whose topics have three replicas, of which
               two must acknowledge (replication factor 3, min.insync.replicas 2). To see the loss of a broker,
               kill its process: it is started again after ten seconds
  --port N     port for clients (default 9092); those of further brokers follow
  --data DIR   keep the data in DIR and go on with what is there (default: a temporary folder)

Needs Java 17 or newer and Maven (Maven settings apply, also MAVEN_ARGS and MAVEN_OPTS), or, for a
single node, Docker. The jars are kept in .cache/kafka, or in the cache of the user where nothing may be written
there.
`
const DEFAULT_PORT = 9092
const RESTART_AFTER_MS = 10_000
/** Of each broker of a cluster. */
const MAX_RESTARTS = 100
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

async function startSingle(args: KafkaArgs, signal: AbortSignal): Promise<Running> {
  const broker = await startBroker({ ...placeOf(args), signal, say })
  const ended = broker.exited.then(
    (code) => `the broker exited unexpectedly with code ${code ?? '-'}`,
  )
  return { brokers: broker.brokers, ended, stop: () => broker.stop() }
}

async function startCluster(args: KafkaArgs, signal: AbortSignal): Promise<Running> {
  const cluster = await KafkaCluster.start({ count: args.brokers, ...placeOf(args), signal, say })
  for (const id of cluster.nodeIds) {
    const { brokers, pid } = cluster.node(id)
    say(`broker ${id}: ${brokers}, process ${pid}`)
  }
  const restarts = { afterMs: RESTART_AFTER_MS, maxRestarts: MAX_RESTARTS, signal, say }
  const ended = keepRunning(cluster, restarts)
  return { brokers: cluster.brokers, ended, stop: () => cluster.stop() }
}

function placeOf({ port, dataFolder }: KafkaArgs) {
  return { port, ...(dataFolder === undefined ? {} : { dataFolder }) }
}

async function run(args: KafkaArgs): Promise<number> {
  let running: Running | null = null
  const stopping = new AbortController()
  onStopSignal(() => {
    say('stopping')
    stopping.abort()
    void running?.stop()
  })
  const start = args.brokers === 1 ? startSingle : startCluster
  try {
    running = await start(args, stopping.signal)
  } catch (error) {
    if (stopping.signal.aborted) return 0
    throw error
  }
  if (stopping.signal.aborted) await running.stop()
  else {
    const { brokers } = running
    say(`Kafka listens on ${brokers} (KAFKA_BROKERS=${brokers}); Ctrl-C stops it`)
    if (args.brokers > 1) say(`three replicas: KAFKA_REPLICATION_FACTOR=3`)
  }
  const why = await running.ended
  if (!stopping.signal.aborted) process.stderr.write(`${why}\n`)
  await running.stop()
  return stopping.signal.aborted ? 0 : EXIT_FAILURE
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
