/** A panel whose query has no data in the live run, with the reason. */
export interface PanelWithoutData {
  /** Uid of the dashboard. */
  readonly dashboard: string
  /** Title of the panel, or name of the annotation. */
  readonly panel: string
  /** `annotation` for an annotation. */
  readonly refId: string
  readonly reason: string
  /** Whether it may have data, depending on how much happens in the run. Default: it may not. */
  readonly dependsOnTime?: boolean
}

/** Stands for a query of an annotation. */
export const ANNOTATION = 'annotation'

/** Exceptions; the check fails if one of them has data that may not. */
export const WITHOUT_DATA: readonly PanelWithoutData[] = [
  ...['market', 'overview', 'pipeline', 'service'].map((name) => ({
    dashboard: `orderbook-${name}`,
    panel: 'Versions',
    refId: ANNOTATION,
    reason: 'no version changes in the run',
  })),
  {
    dashboard: 'orderbook-pipeline',
    panel: 'Age of the last commit',
    refId: 'A',
    reason: 'the in-process topic has no commits',
  },
  ...[
    ['Numbers acknowledged and dropped', 'AB'],
    ['Failed sends of numbers', 'AB'],
    ['Lag of the numbers: 99th percentile', 'A'],
    ['Numbers that wait', 'A'],
    ['Bytes of numbers that wait', 'A'],
  ].flatMap(([panel = '', refIds = '']) =>
    [...refIds].map((refId) => ({
      dashboard: 'orderbook-pipeline',
      panel,
      refId,
      reason: 'the topic of numbers is off in the run',
    })),
  ),
  ...[
    ['Hit rate by horizon', 'ABC'],
    ['Correlation of imbalance and return', 'A'],
    ['Return by imbalance, and the cost of a trade', 'AB'],
    ['Forecast error relative to the mid-price', 'A'],
    ['Micro-price minus mid-price', 'A'],
    ['Samples of the signals', 'A'],
  ].flatMap(([panel = '', refIds = '']) =>
    [...refIds].map((refId) => ({
      dashboard: 'orderbook-market',
      panel,
      refId,
      reason: 'absent below 100 effective cases, which may take longer than the run',
      dependsOnTime: true,
    })),
  ),
]
