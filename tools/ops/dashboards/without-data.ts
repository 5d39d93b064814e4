/** A panel whose query finds nothing in the recorded run, and why that has to be so. */
export interface PanelWithoutData {
  /** Uid of the dashboard. */
  readonly dashboard: string
  /** Title. */
  readonly panel: string
  readonly refId: string
  readonly reason: string
}

/** The check fails where one of these finds data after all. */
export const WITHOUT_DATA: readonly PanelWithoutData[] = [
  {
    dashboard: 'orderbook-pipeline',
    panel: 'Age of the last commit',
    refId: 'A',
    reason: 'topics inside of a process have no commits',
  },
  {
    dashboard: 'orderbook-service',
    panel: 'Dropped label sets',
    refId: 'A',
    reason: 'the series begins when a metric has 10,000 label sets',
  },
]
