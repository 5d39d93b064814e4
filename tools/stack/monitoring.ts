import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildServiceOptions } from './child-service.ts'
import { alertmanagerCommand, prometheusCommand, type Environment } from './commands.ts'
import { findProgram } from './find-program.ts'
import { answers } from './probes.ts'
import { withTargets } from './prometheus-config.ts'

const SHIPPED = fileURLToPath(new URL('../../prometheus/prometheus.yml', import.meta.url))
const SHIPPED_ALERTMANAGER = fileURLToPath(
  new URL('../../prometheus/alertmanager.yml', import.meta.url),
)
const RULES = fileURLToPath(new URL('../../prometheus/rules/*.yml', import.meta.url))
const START_MS = 60_000
const STOP_MS = 5000

/** Prometheus and Alertmanager, where they are installed. */
export interface MonitoringPrograms {
  prometheus: string | null
  /** Only together with Prometheus, its only source of alerts. */
  alertmanager: string | null
  /** Missing programs and how to install them, one line each. */
  missing: readonly string[]
}

/** @param path folders that are searched for programs, as in the variable PATH */
export function findMonitoring(path: string): MonitoringPrograms {
  const prometheus = findProgram(['prometheus'], path)
  // Debian uses another name.
  const alertmanager = findProgram(['alertmanager', 'prometheus-alertmanager'], path)
  const missing: string[] = []
  if (prometheus === null) missing.push(missingLine('Prometheus', 'prometheus'))
  if (alertmanager === null) missing.push(missingLine('Alertmanager', 'prometheus-alertmanager'))
  return { prometheus, alertmanager: prometheus === null ? null : alertmanager, missing }
}

function missingLine(name: string, debianPackage: string): string {
  return `${name} is not installed: apt-get install ${debianPackage} (Debian, Ubuntu), or prometheus.io/download`
}

export interface MonitoringOptions {
  programs: MonitoringPrograms
  folder: string
  ports: { prometheus: number; alertmanager: number }
  env: Environment
  /** `host:port` of every producer and consumer. */
  targets: readonly string[]
  scrapeInterval: string | undefined
  ruleFiles: string | undefined
  /** Path; default: the shipped one. */
  alertmanagerConfig: string | undefined
  alertResendDelay: string | undefined
}

/** Writes their files and returns their commands; Alertmanager first, because Prometheus connects to it. */
export function describeMonitoring(options: MonitoringOptions): {
  alertmanager: ChildServiceOptions | null
  prometheus: ChildServiceOptions | null
} {
  const { programs, folder, ports, env, targets, scrapeInterval, ruleFiles = RULES } = options
  const describe = (name: string, port: number) => ({
    name,
    url: `http://127.0.0.1:${port}`,
    logFile: join(folder, `${name}.log`),
    probe: answers('/-/ready'),
    startMs: START_MS,
    stopMs: STOP_MS,
  })
  const placeOf = (name: string, program: string, port: number) => {
    const dataFolder = join(folder, 'data', name)
    mkdirSync(dataFolder, { recursive: true })
    return { program, port, dataFolder }
  }
  let alertmanager: ChildServiceOptions | null = null
  if (programs.alertmanager !== null) {
    const place = placeOf('alertmanager', programs.alertmanager, ports.alertmanager)
    alertmanager = {
      ...describe('alertmanager', ports.alertmanager),
      command: () =>
        alertmanagerCommand(
          { ...place, configFile: options.alertmanagerConfig ?? SHIPPED_ALERTMANAGER },
          env,
        ),
    }
  }
  if (programs.prometheus === null) return { alertmanager, prometheus: null }
  const configFile = join(folder, 'prometheus.yml')
  const config = withTargets(readFileSync(SHIPPED, 'utf8'), {
    services: targets,
    prometheus: `127.0.0.1:${ports.prometheus}`,
    alertmanager: alertmanager === null ? null : `127.0.0.1:${ports.alertmanager}`,
    ruleFiles,
    ...(scrapeInterval === undefined ? {} : { interval: scrapeInterval }),
  })
  writeFileSync(configFile, config)
  const place = placeOf('prometheus', programs.prometheus, ports.prometheus)
  const prometheus = {
    ...describe('prometheus', ports.prometheus),
    command: () =>
      prometheusCommand({ ...place, configFile, alertResendDelay: options.alertResendDelay }, env),
  }
  return { alertmanager, prometheus }
}
