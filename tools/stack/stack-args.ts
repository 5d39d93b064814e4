import { parseArgs } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { listPorts, PORT_OPTIONS } from './choose-ports.ts'
import { DEFAULT_PORTS, type StackPorts } from './stack-options.ts'

export const STACK_USAGE = `Runs everything on this machine without Docker, offline, each as a process of its own, until Ctrl-C:
Kafka, a simulated exchange, a producer, consumers of one group, and Prometheus and Alertmanager where
they are installed.

  npm run stack -- [options]

  --consumers N            how many consumers (default 2)
  --instruments LIST       of the exchange: names, comma separated, or how many (default 16)
  --rate N                 changes of books a second, over all instruments (default 2 per instrument)
  --scenario LIST          faults from the start (docs/simulator.md)

  --kafka-port N           default ${DEFAULT_PORTS.kafka}
  --simulator-port N       default ${DEFAULT_PORTS.simulator}
  --control-port N         where faults are switched; default ${DEFAULT_PORTS.control}
  --producer-port N        default ${DEFAULT_PORTS.producer}
  --consumer-ports LIST    one for each consumer (default ${DEFAULT_PORTS.consumers.join(',')}, then the next ones)
  --prometheus-port N      default ${DEFAULT_PORTS.prometheus}
  --alertmanager-port N    default ${DEFAULT_PORTS.alertmanager}
  --free-ports             any free port for those that are not given, as 0 does for one

  --folder DIR             logs, and data while it runs (default .stack, or a new temporary
                           folder where .stack cannot be written); one stack at a time
  --help                   this text

Kafka needs Java 17 or newer and Maven, or Docker. Settings of the environment (BOOK_MODE=incremental)
count for producer and consumers, but for those that say where things are. Exit codes: 0 stopped by
Ctrl-C, 1 a process exited unexpectedly, did not start, or did not stop cleanly, 2 bad usage. A second
Ctrl-C kills everything at once.
`

const MAX_PORT = 65_535
const MAX_CONSUMERS = 64

export interface StackArgs {
  isHelp: boolean
  ports: StackPorts
  /** Null if not given. */
  folder: string | null
  /** Options of the simulator as written; the simulator validates them. */
  simulator: Readonly<Record<string, string>>
}

/** All problems of a command line, one line each. */
export class StackUsageError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** @throws StackUsageError */
export function readStackArgs(args: readonly string[]): StackArgs {
  const values = readArgs(args)
  const problems: string[] = []
  const number = (option: string, text: string, { min, max }: { min: number; max: number }) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    problems.push(`${option}=${text}: expected a whole number from ${min} to ${max}`)
    return min
  }
  const port = (option: string, text: string | undefined, otherwise: number) => {
    if (text === undefined) return values['free-ports'] === true ? 0 : otherwise
    return number(option, text, { min: 0, max: MAX_PORT })
  }
  const given = values['consumer-ports']?.split(',')
  const count =
    values.consumers === undefined
      ? (given?.length ?? DEFAULT_PORTS.consumers.length)
      : number('--consumers', values.consumers, { min: 1, max: MAX_CONSUMERS })
  if (given !== undefined && given.length !== count) {
    problems.push(
      `--consumer-ports=${given.join(',')}: expected one for each of ${count} consumers`,
    )
  }
  const consumers = Array.from({ length: count }, (_, index) =>
    port(PORT_OPTIONS.consumers, given?.[index], defaultConsumerPort(index)),
  )
  const ports: StackPorts = {
    kafka: port(PORT_OPTIONS.kafka, values['kafka-port'], DEFAULT_PORTS.kafka),
    simulator: port(PORT_OPTIONS.simulator, values['simulator-port'], DEFAULT_PORTS.simulator),
    control: port(PORT_OPTIONS.control, values['control-port'], DEFAULT_PORTS.control),
    producer: port(PORT_OPTIONS.producer, values['producer-port'], DEFAULT_PORTS.producer),
    consumers,
    prometheus: port(PORT_OPTIONS.prometheus, values['prometheus-port'], DEFAULT_PORTS.prometheus),
    alertmanager: port(
      PORT_OPTIONS.alertmanager,
      values['alertmanager-port'],
      DEFAULT_PORTS.alertmanager,
    ),
  }
  problems.push(...sharedPorts(ports))
  if (problems.length > 0) throw new StackUsageError(problems)
  const simulator: Record<string, string> = {}
  for (const name of ['instruments', 'rate', 'scenario'] as const) {
    const text = values[name]
    if (text !== undefined) simulator[name] = text
  }
  return { isHelp: values.help === true, ports, folder: values.folder ?? null, simulator }
}

/** The port of the producer is between those of the first two consumers. */
function defaultConsumerPort(index: number): number {
  const { consumers } = DEFAULT_PORTS
  return consumers[index] ?? (consumers.at(-1) ?? 0) + index - consumers.length + 1
}

/** Reports ports that are given twice. */
function sharedPorts(ports: StackPorts): string[] {
  const listed = listPorts(ports).filter(({ port }) => port !== 0)
  return listed.flatMap(({ name, port }, index) => {
    const first = listed.slice(0, index).find((other) => other.port === port)
    if (first === undefined) return []
    return [`${PORT_OPTIONS[name]}=${port}: already used by ${PORT_OPTIONS[first.name]}`]
  })
}

function readArgs(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        consumers: text,
        instruments: text,
        rate: text,
        scenario: text,
        'kafka-port': text,
        'simulator-port': text,
        'control-port': text,
        'producer-port': text,
        'consumer-ports': text,
        'prometheus-port': text,
        'alertmanager-port': text,
        'free-ports': flag,
        folder: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    const problem = messageOf(error)
    throw new StackUsageError([problem.replaceAll(/\s*\n\s*/g, ' ')])
  }
}
