import { metric } from '../../prometheus/src/metric-names.ts'
import { comparisonRow } from './market/comparison-row.ts'
import { instrumentRow } from './market/instrument-row.ts'
import { nowRow } from './market/now-row.ts'
import { signalRow } from './market/signal-row.ts'
import { trustRow } from './market/trust-row.ts'
import { apiLink, buildDashboard } from './parts/dashboard.ts'
import { chosenInstruments, settingVariable } from './parts/variables.ts'

/** Shown at first; where it does not exist, the first instrument. */
const INSTRUMENT = 'BTC-PERPETUAL'

export const market = buildDashboard({
  uid: 'orderbook-market',
  title: 'Order books: market',
  description:
    'What the order books say: price, spread, imbalance, depth, volume, beside their age and state. A value that is not true now is absent.',
  instrument: chosenInstruments(INSTRUMENT),
  variables: [
    settingVariable('depth', 'Depth', metric.imbalanceRatio, '1'),
    // The narrowest one at first: the default depth covers it best.
    settingVariable('band_bps', 'Band (bp)', metric.depthImbalanceRatio),
    settingVariable('window', 'Window', metric.windowCoverageRatio, '10s'),
  ],
  from: 'now-15m',
  refresh: '5s',
  links: [apiLink('Live page', '/#${instrument:raw}')],
  rows: [nowRow, instrumentRow, trustRow, comparisonRow, signalRow],
})
