/** Ports on 127.0.0.1; 0 picks a free one. */
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
  /** For the simulator: names or number of instruments, book changes per second. */
  instruments?: readonly string[] | number
  ratePerSecond?: number
  /** More options of the simulator's command line, by name without dashes. */
  simulator?: Readonly<Record<string, string>>
  /** Settings of all processes of the service. */
  settings?: Readonly<Record<string, string>>
  /** Variables that every program inherits; default: the minimum that programs need. */
  environment?: Readonly<Record<string, string | undefined>>
  /** `host:port,...` of an existing broker; default: an own broker. */
  brokers?: string
  /** Prometheus and Alertmanager, where they are installed; default true. */
  hasMonitoring?: boolean
  /** Overrides Prometheus's scrape and evaluation interval: `1s`. */
  scrapeInterval?: string
  /** Glob of the rule files; default: the shipped ones. */
  ruleFiles?: string
  /** File of Alertmanager's configuration; default: the shipped one. */
  alertmanagerConfig?: string
  /** Interval in which Prometheus resends an alert to Alertmanager; default: one minute. */
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

/** Any free port for all. */
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
