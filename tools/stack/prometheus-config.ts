import { parseDocument } from 'yaml'

/** The jobs of prometheus/prometheus.yml that scrape the service and Prometheus itself. */
const SERVICE_JOB = 'orderbook'
const OWN_JOB = 'prometheus'
const MAX_JOBS = 20

export interface PrometheusTargets {
  /** `host:port` of every producer and consumer. */
  services: readonly string[]
  /** `host:port` of Prometheus itself. */
  prometheus: string
  /** `host:port`; null: alerts are not sent. */
  alertmanager: string | null
  /** Glob of the rule files; the shipped configuration has paths relative to itself. */
  ruleFiles: string
  /** Overrides scrape and evaluation interval: `1s`. */
  interval?: string
}

/**
 * The shipped configuration with other targets, so that the stack runs the same configuration as the
 * containers.
 * @param shipped text of prometheus/prometheus.yml
 * @throws Error where the shipped file does not have the expected jobs
 */
export function withTargets(shipped: string, targets: PrometheusTargets): string {
  const config = parseDocument(shipped)
  const [problem] = config.errors
  if (problem !== undefined) throw problem
  const setTargets = (job: string, addresses: readonly string[]) => {
    for (let index = 0; index < MAX_JOBS; index += 1) {
      const path = ['scrape_configs', index]
      if (config.getIn([...path, 'job_name']) !== job) continue
      config.setIn([...path, 'static_configs'], [{ targets: addresses }])
      return
    }
    throw new Error(`prometheus.yml has no job ${job}`)
  }
  setTargets(SERVICE_JOB, targets.services)
  setTargets(OWN_JOB, [targets.prometheus])
  if (targets.alertmanager === null) config.delete('alerting')
  else {
    const alertmanagers = [{ static_configs: [{ targets: [targets.alertmanager] }] }]
    config.setIn(['alerting', 'alertmanagers'], alertmanagers)
  }
  config.set('rule_files', [targets.ruleFiles])
  if (targets.interval !== undefined) {
    config.setIn(['global', 'scrape_interval'], targets.interval)
    config.setIn(['global', 'evaluation_interval'], targets.interval)
  }
  return config.toString()
}
