import { metric } from '../../prometheus/src/metric-names.ts'
import { flowRow } from './market/flow-row.ts'
import { imbalanceRow } from './market/imbalance-row.ts'
import { instrumentRow } from './market/instrument-row.ts'
import { nowRow } from './market/now-row.ts'
import { priceRow } from './market/price-row.ts'
import { signalRow } from './market/signal-row.ts'
import { trustRow } from './market/trust-row.ts'
import { buildDashboard } from './parts/dashboard.ts'
import { settingVariable } from './parts/variables.ts'

export const market = buildDashboard({
  uid: 'orderbook-market',
  title: 'Order books: market',
  description:
    'What the order books say: price, spread, imbalance, flow, volatility, beside their age and state. A value that is not true now is absent.',
  variables: [
    settingVariable('depth', 'Depth', metric.imbalanceRatio),
    settingVariable('band_bps', 'Band (bps)', metric.depthImbalanceRatio),
    settingVariable('window', 'Window', metric.windowCoverageRatio),
  ],
  rows: [nowRow, priceRow, imbalanceRow, flowRow, signalRow, trustRow, instrumentRow],
})
