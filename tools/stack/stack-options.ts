/** Ports on 127.0.0.1; 0 = any free one. */
export interface StackPorts {
  kafka: number
  simulator: number
  control: number
  producer: number
  consumers: readonly number[]
  prometheus: number
  alertmanager: number
}

export interface StackOptions {
  /** Logs, generated files and, while it runs, data. Made if missing; one stack at a time. */
  folder: string
  ports: StackPorts
  /** Of the simulator: names or how many, changes of books a second. */
  instruments?: readonly string[] | number
  ratePerSecond?: number
  /** More options of the simulator's command line, by name without dashes. */
  simulator?: Readonly<Record<string, string>>
  /** Settings of all processes of the service. */
  settings?: Readonly<Record<string, string>>
  /** What every program inherits; the little that programs need if left out. */
  environment?: Readonly<Record<string, string | undefined>>
  /** `host:port,...` of a broker that is there; one of the stack's own if left out. */
  brokers?: string
  /** Prometheus and Alertmanager, where they are installed; default true. */
  hasMonitoring?: boolean
  /** Replaces the interval of Prometheus's scrapes and evaluations: `1s`. */
  scrapeInterval?: string
  /** Glob of the files of rules; the shipped ones if left out. */
  ruleFiles?: string
  /** How soon Prometheus tells Alertmanager of the same alert again; its own minute if left out. */
  alertResendDelay?: string
}

export const DEFAULT_PORTS: StackPorts = {
  kafka: 9092,
  simulator: 8090,
  control: 8091,
  producer: 9465,
  consumers: [9464, 9466],
  prometheus: 9090,
  alertmanager: 9093,
}

/** All ports any free one. */
export function freePorts(consumers: number): StackPorts {
  return {
    kafka: 0,
    simulator: 0,
    control: 0,
    producer: 0,
    consumers: Array.from({ length: consumers }, () => 0),
    prometheus: 0,
    alertmanager: 0,
  }
}
