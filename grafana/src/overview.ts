import { objectivesRow } from './overview/objectives-row.ts'
import { fineRow } from './overview/fine-row.ts'
import { symptomsRow } from './overview/symptoms-row.ts'
import { whichRow } from './overview/which-row.ts'
import { buildDashboard } from './parts/dashboard.ts'

export const overview = buildDashboard({
  uid: 'orderbook-overview',
  title: 'Order books: overview',
  description: 'Is it fine, which instrument is not, since when, and why.',
  rows: [fineRow, whichRow, symptomsRow, objectivesRow],
})
