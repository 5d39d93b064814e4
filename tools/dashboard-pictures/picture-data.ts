/** One series of an answer of Prometheus. */
export interface PictureSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Seconds of Unix time. */
  readonly points: readonly (readonly [seconds: number, value: number])[]
}

export interface PictureTarget {
  readonly refId: string
  readonly legendFormat: string
  /** `time_series`, `table`, `heatmap` */
  readonly format: string
  readonly series: readonly PictureSeries[]
}

export interface PictureExemplar {
  readonly seconds: number
  readonly value: number
}

export interface PicturePanel {
  readonly type: string
  readonly title: string
  /** In columns and rows of Grafana's grid. */
  readonly place: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  /** As the dashboard has them. */
  readonly fieldConfig: unknown
  readonly options: unknown
  readonly transformations: unknown
  readonly targets: readonly PictureTarget[]
  readonly exemplars: readonly PictureExemplar[]
}

/** All that the page needs to draw a dashboard: it asks nobody. */
export interface PictureData {
  readonly title: string
  /** What is chosen at the top, as text. */
  readonly variables: readonly string[]
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly stepSeconds: number
  readonly panels: readonly PicturePanel[]
}
