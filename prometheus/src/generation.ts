import process from 'node:process'
import {
  baseUrl,
  DEFAULT_JOB,
  DEFAULT_RUNBOOK_BASE_URL,
  instrumentNames,
  jobName,
} from './generation-settings.ts'

const { env } = process

/** The job that scrapes the service: the environment variable `JOB` at generation. */
export const JOB = jobName('JOB', env['JOB'], DEFAULT_JOB)

/** The job that scrapes the brokers, where one does: `BROKER_JOB` at generation. */
export const BROKER_JOB = jobName('BROKER_JOB', env['BROKER_JOB'], 'kafka')

/** Instruments whose books page one by one: `INSTRUMENTS_TIER1` at generation. */
export const FIRST_TIER = instrumentNames(env['INSTRUMENTS_TIER1'])

/** Base URL of the runbooks: `RUNBOOK_BASE_URL` at generation. */
export const RUNBOOK_BASE_URL = baseUrl(
  'RUNBOOK_BASE_URL',
  env['RUNBOOK_BASE_URL'],
  DEFAULT_RUNBOOK_BASE_URL,
)

/** Base URL of Grafana: `GRAFANA_URL` at generation. */
export const GRAFANA_URL = baseUrl('GRAFANA_URL', env['GRAFANA_URL'], 'http://127.0.0.1:3000')

/** Base URL of Alertmanager: `ALERTMANAGER_URL` at generation. */
export const ALERTMANAGER_URL = baseUrl(
  'ALERTMANAGER_URL',
  env['ALERTMANAGER_URL'],
  'http://127.0.0.1:9093',
)
