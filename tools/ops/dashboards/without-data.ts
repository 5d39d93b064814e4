/** A panel whose query has no data in the live run, with the reason. */
export interface PanelWithoutData {
  /** Uid of the dashboard. */
  readonly dashboard: string
  /** Title. */
  readonly panel: string
  readonly refId: string
  readonly reason: string
}

/** Exceptions; the check fails if one of them has data. */
export const WITHOUT_DATA: readonly PanelWithoutData[] = [
  {
    dashboard: 'orderbook-pipeline',
    panel: 'Age of the last commit',
    refId: 'A',
    reason: 'the in-process topic has no commits',
  },
]
