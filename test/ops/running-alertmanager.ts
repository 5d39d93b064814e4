import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { ALERTMANAGER } from '../support/needs.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CONFIG = fileURLToPath(new URL('../../prometheus/alertmanager.yml', import.meta.url))

export type Labels = Readonly<Record<string, string>>

/**
 * Sent last, for a separate job: when the second one is inhibited by the first, all earlier
 * alerts have been processed, because Alertmanager processes them in order.
 */
function markersOf(call: number): Labels[] {
  return ['OrderBookExporterDown', 'OrderBookFeedDisconnected'].map((alertname) => ({
    alertname,
    severity: 'critical',
    job: `marker-${call}`,
    instance: 'marker:9464',
  }))
}

interface AlertAnswer {
  readonly fingerprint: string
  readonly labels: Labels
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] }
}

/** Alertmanager with the shipped configuration; ends with the test. */
export async function startAlertmanager() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/api/v2`
  startProcess(ALERTMANAGER, [
    `--config.file=${CONFIG}`,
    `--storage.path=${temporaryFolder()}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ])
  await eventually(async () => (await fetch(`${url}/status`)).ok, { timeoutMs: 30_000 })

  let calls = 0
  const list = async () => (await (await fetch(`${url}/alerts`)).json()) as AlertAnswer[]
  return {
    /** Which of the alerts that fire together are inhibited, in the order of `alerts`. */
    async heldBack(alerts: readonly Labels[]): Promise<boolean[]> {
      const startsAt = new Date().toISOString()
      calls += 1
      const reported = [...alerts, ...markersOf(calls)]
      const body = JSON.stringify(reported.map((labels) => ({ labels, startsAt })))
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${url}/alerts`, { method: 'POST', headers, body })
      if (!response.ok) throw new Error(await response.text())
      return eventually(async () => {
        const all = await list()
        const found = reported.map((labels) =>
          all.find((answer) => sameLabels(answer.labels, labels)),
        )
        // It evaluates an alert shortly after accepting it.
        if (found.some((answer) => answer === undefined || answer.status.state === 'unprocessed')) {
          return false
        }
        const held = found.map((answer) => (answer?.status.inhibitedBy.length ?? 0) > 0)
        return held.at(-1) === true ? held.slice(0, alerts.length) : false
      })
    },
  }
}

function sameLabels(left: Labels, right: Labels): boolean {
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
  )
}
