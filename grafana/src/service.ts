import { buildDashboard } from './parts/dashboard.ts'
import { httpRow } from './service/http-row.ts'
import { nowRow } from './service/now-row.ts'
import { processRow } from './service/process-row.ts'
import { tracesRow } from './service/traces-row.ts'

export const service = buildDashboard({
  uid: 'orderbook-service',
  title: 'Order books: service',
  description:
    'The processes themselves: versions, CPU, memory, event loop, HTTP, scrapes, traces.',
  rows: [nowRow, processRow, httpRow, tracesRow],
})
