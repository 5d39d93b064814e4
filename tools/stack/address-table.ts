import type { Stack } from './stack.ts'

/** Addresses and process ids: one row per process. */
export function addressTable(stack: Stack): string {
  const { simulator, producer, consumers, prometheus, alertmanager, instruments } = stack
  const rows: [name: string, address: string, what: string, pid: number][] = []
  if (stack.broker !== null) {
    rows.push(['Kafka', stack.brokers, 'topic prices', stack.broker.pid])
  }
  rows.push(
    ['simulator', stack.exchangeUrl, `${instruments.length} instruments`, simulator.pid],
    ['', `${simulator.url}/faults`, 'its faults (docs/simulator.md)', simulator.pid],
    ['producer', `${producer.url}/api/v1/pipeline`, 'feed, clock, queue', producer.pid],
  )
  for (const { name, url, pid } of consumers) {
    rows.push([name, `${url}/api/v1/snapshots`, 'books of its partitions', pid])
  }
  if (prometheus !== null) {
    rows.push(['Prometheus', `${prometheus.url}/targets`, 'scrapes all of them', prometheus.pid])
  }
  if (alertmanager !== null) {
    rows.push(['Alertmanager', alertmanager.url, 'notifications', alertmanager.pid])
  }
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => String(row[column as 0 | 1 | 2]).length)),
  )
  const lines = rows.map(([name, address, what, pid]) => {
    const [ofName = 0, ofAddress = 0, ofWhat = 0] = widths
    return `  ${name.padEnd(ofName)}  ${address.padEnd(ofAddress)}  ${what.padEnd(ofWhat)}  process ${pid}`
  })
  const missing = stack.missing.map((line) => `  ${line}`)
  return [
    '',
    ...lines,
    ...missing,
    '',
    `  Every service also has /metrics, /readyz and /livez. Logs: ${stack.folder}/*.log`,
    '  Ctrl-C stops everything in order.',
    '',
  ].join('\n')
}
