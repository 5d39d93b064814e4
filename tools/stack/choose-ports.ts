import { findFreePorts, isPortFree } from '../kafka/free-port.ts'
import type { StackPorts } from './stack-options.ts'

/** The requested ports, with free ones in place of zeros. */
export interface ChosenPorts extends StackPorts {
  kafkaController: number
}

/** Command-line option of each port. */
export const PORT_OPTIONS: Readonly<Record<keyof StackPorts, string>> = {
  kafka: '--kafka-port',
  simulator: '--simulator-port',
  control: '--control-port',
  producer: '--producer-port',
  consumers: '--consumer-ports',
  prometheus: '--prometheus-port',
  alertmanager: '--alertmanager-port',
}

const NAMES = Object.keys(PORT_OPTIONS) as (keyof StackPorts)[]

/** Every port with the name of its purpose. */
export function listPorts(ports: StackPorts): { name: keyof StackPorts; port: number }[] {
  return NAMES.flatMap((name) => [ports[name]].flat().map((port) => ({ name, port })))
}

/**
 * Checks and allocates all ports before anything is started.
 * @param isNeeded whether something will listen there
 * @throws Error that names every port that is in use, and the option that chooses another
 */
export async function choosePorts(
  ports: StackPorts,
  isNeeded: (name: keyof StackPorts) => boolean,
): Promise<ChosenPorts> {
  const problems: string[] = []
  for (const { name, port } of listPorts(ports)) {
    if (port === 0 || !isNeeded(name) || (await isPortFree(port))) continue
    problems.push(`port ${port} of 127.0.0.1 is in use: ${PORT_OPTIONS[name]} chooses another`)
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const zeros = listPorts(ports).filter(({ port }) => port === 0)
  const [kafkaController = 0, ...free] = await findFreePorts(1 + zeros.length)
  const next = (port: number) => (port === 0 ? (free.shift() ?? 0) : port)
  return {
    kafkaController,
    kafka: next(ports.kafka),
    simulator: next(ports.simulator),
    control: next(ports.control),
    producer: next(ports.producer),
    consumers: ports.consumers.map(next),
    prometheus: next(ports.prometheus),
    alertmanager: next(ports.alertmanager),
  }
}
