import { buildDashboard } from './parts/dashboard.ts'
import { clockRow } from './pipeline/clock-row.ts'
import { feedRow } from './pipeline/feed-row.ts'
import { lagRow } from './pipeline/lag-row.ts'
import { nowRow } from './pipeline/now-row.ts'
import { numbersRow } from './pipeline/numbers-row.ts'
import { readingRow } from './pipeline/reading-row.ts'
import { writingRow } from './pipeline/writing-row.ts'

export const pipeline = buildDashboard({
  uid: 'orderbook-pipeline',
  title: 'Order books: pipeline',
  description:
    'How far behind the market the numbers are, hop by hop, and where frames are lost: exchange, feed, topic, books.',
  rows: [nowRow, lagRow, clockRow, feedRow, writingRow, readingRow, numbersRow],
})
