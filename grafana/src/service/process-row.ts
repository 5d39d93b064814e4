import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { rate, series } from '../parts/selector.ts'

const NO_PROCESS = 'No process is scraped'
const byInstance = (name: string) => `max by (instance) (${series(name)})`

/** Row: the Node.js process. */
export const processRow: Row = {
  title: 'Node.js',
  panels: [
    graph({
      title: 'CPU',
      what: 'Share of one core used by each process, including garbage collection and the watchdog thread.',
      normal: 'far below 100 %: there is one event loop.',
      act: 'close to 100 %: share the instruments among processes.',
      absent: NO_PROCESS,
      unit: 'percentunit',
      min: 0,
      queries: [query(`sum by (instance) (${rate('process_cpu_seconds_total')})`, '{{instance}}')],
    }),
    graph({
      title: 'Event loop lag',
      what: 'Lag of timers, 99th percentile and maximum between two scrapes: everything in the process waits that long.',
      normal: 'about 10 ms when idle, the resolution of the measurement.',
      act: 'find what blocks it: a scrape, a burst, garbage collection.',
      absent: NO_PROCESS,
      unit: 's',
      isLog: true,
      limit: THRESHOLDS.eventLoopLagSeconds,
      queries: [
        query(byInstance('nodejs_eventloop_lag_p99_seconds'), 'p99 {{instance}}'),
        query(byInstance('nodejs_eventloop_lag_max_seconds'), 'max {{instance}}'),
      ],
      runbooks: ['OrderBookEventLoopBlocked'],
    }),
    graph({
      title: 'Overload',
      what: 'Share of the last minute in which the producer or the consumer was overloaded, and grouped snapshots per second that a newer one replaced unread.',
      normal: '0: everything is handled.',
      act: 'more processes, or fewer instruments for each.',
      absent: NO_PROCESS,
      unit: 'short',
      min: 0,
      queries: [
        query(
          `max by (instance, role) (avg_over_time(${series(metric.overloaded)}[1m]))`,
          'overloaded {{instance}} {{role}}',
        ),
        query(`sum by (instance) (${rate(metric.conflatedRecords)})`, 'replaced {{instance}}'),
      ],
      runbooks: ['OrderBookOverloaded'],
    }),
    graph({
      title: 'Memory',
      what: 'Resident memory, heap in use, and memory outside of the heap, such as queued frames.',
      normal: 'steady after the first minutes.',
      act: 'memory outside of the heap grows with the queue of the producer; the heap should not grow for hours.',
      absent: NO_PROCESS,
      unit: 'bytes',
      min: 0,
      queries: [
        query(byInstance('process_resident_memory_bytes'), 'resident {{instance}}'),
        query(byInstance('nodejs_heap_size_used_bytes'), 'heap {{instance}}'),
        query(byInstance('nodejs_external_memory_bytes'), 'outside {{instance}}'),
      ],
    }),
    graph({
      title: 'Time spent on garbage collection',
      what: 'Share of the time in which the garbage collector ran, by its kind.',
      normal: 'some percent, minor ones above all.',
      act: 'major ones grow: the heap is too small or something is kept.',
      absent: `${NO_PROCESS}, or there has been no collection yet`,
      unit: 'percentunit',
      min: 0,
      queries: [
        query(
          `sum by (instance, kind) (${rate('nodejs_gc_duration_seconds_sum')})`,
          '{{kind}} {{instance}}',
        ),
      ],
    }),
    graph({
      title: 'Open files and sockets',
      what: 'Share of the allowed file descriptors in use.',
      normal: 'close to 0.',
      act: 'it grows: streams of clients, or connections that are not closed.',
      absent: NO_PROCESS,
      unit: 'percentunit',
      min: 0,
      width: 24,
      queries: [
        query(
          `max by (instance) (${series('process_open_fds')} / ${series('process_max_fds')})`,
          '{{instance}}',
        ),
      ],
    }),
  ],
}
