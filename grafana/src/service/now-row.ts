import { metric } from '../../../prometheus/src/metric-names.ts'
import { BAD, GOOD, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { urlLink } from '../parts/link.ts'
import { query, rowsQuery } from '../parts/query.ts'
import { series } from '../parts/selector.ts'
import { STATE_COLORS } from '../parts/states.ts'
import { table } from '../parts/table.ts'

/** Row: processes. */
export const nowRow: Row = {
  title: 'Processes',
  panels: [
    table({
      title: 'Processes',
      what: 'Each process with its role, version and configuration. The address links to its pipeline status.',
      normal: 'all up, one version; the same configuration for the same role.',
      act: 'a different hash is a different configuration; each process logs its configuration at the start.',
      absent: 'Prometheus has no target of this job',
      unit: 'none',
      width: 16,
      height: 8,
      sortBy: ['instance'],
      queries: [
        rowsQuery(`max by (instance) (${series('up')})`),
        rowsQuery(`max by (instance, role, version, node) (${series(metric.buildInfo)})`),
        rowsQuery(`max by (instance, hash) (${series(metric.configInfo)})`),
        rowsQuery(`max by (instance) (${series('process_start_time_seconds')}) * 1000`),
      ],
      columns: [
        {
          from: 'instance',
          title: 'instance',
          links: [
            urlLink('Readiness', 'http://${__data.fields.instance}/readyz'),
            urlLink('Metrics', 'http://${__data.fields.instance}/metrics'),
          ],
        },
        {
          from: 'Value #A',
          title: 'scraped',
          width: 80,
          mappings: words({ 0: ['no', BAD], 1: ['yes', GOOD] }),
        },
        { from: 'role', title: 'role', width: 100 },
        { from: 'version', title: 'version', width: 90 },
        { from: 'node', title: 'Node.js', width: 100 },
        { from: 'hash', title: 'configuration', width: 130 },
        { from: 'Value #D', title: 'since', width: 130, unit: 'dateTimeAsLocalNoDateIfToday' },
      ],
      runbooks: [
        'OrderBookExporterDown',
        'OrderBookExporterAbsent',
        'OrderBookScrapesFailing',
        'OrderBookCrashLoop',
        'OrderBookConfigDiffers',
      ],
    }),
    graph({
      title: 'Instruments over the limit',
      what: 'Instruments excluded because MAX_INSTRUMENTS is reached, and those that each producer is to serve.',
      normal: '0 over the limit.',
      act: 'raise MAX_INSTRUMENTS, or share the instruments among producers (PRODUCER_SHARD).',
      absent: 'No process is scraped',
      unit: 'short',
      min: 0,
      width: 8,
      height: 8,
      queries: [
        query(`max by (instance) (${series(metric.instrumentsOverLimit)})`, '{{instance}}'),
        query(
          `max by (instance) (${series(metric.instrumentsExpected)})`,
          'expected by {{instance}}',
        ),
      ],
    }),
    graph({
      title: 'Instruments by state',
      what: 'Instruments of all processes by state of their book.',
      normal: 'all live except one-sided books of options.',
      act: 'the overview names them.',
      absent: 'No consumer is scraped',
      unit: 'short',
      isStacked: true,
      min: 0,
      width: 24,
      queries: [query(`sum by (state) (${series(metric.instruments)})`, '{{state}}')],
      colors: STATE_COLORS,
      runbooks: [
        'OrderBookNoInstruments',
        'OrderBookNotLive',
        'OrderBookBooksMissing',
        'OrderBookInstrumentsOverLimit',
      ],
    }),
  ],
}
