import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { market } from './market.ts'
import { overview } from './overview.ts'
import { pipeline } from './pipeline.ts'
import { service } from './service.ts'

/** The dashboards of grafana/dashboards/, one file per uid. */
export const DASHBOARDS: readonly Dashboard[] = [overview, market, pipeline, service]
