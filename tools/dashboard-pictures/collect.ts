import {
  list,
  object,
  type DashboardModel,
  type JsonObject,
} from '../ops/dashboards/dashboard-model.ts'
import { ALL_VALUES, fillVariables, type VariableValues } from '../ops/dashboards/fill-variables.ts'
import {
  durationsOf,
  type PrometheusClient,
  type TimeRange,
} from '../ops/dashboards/prometheus-client.ts'
import { WITHOUT_DATA } from '../ops/dashboards/without-data.ts'
import type { PictureData, PicturePanel } from './picture-data.ts'

/** Asks Prometheus all that a dashboard shows when it is opened; closed rows stay closed. */
export async function collectPicture(
  { title, json, panels, variables }: DashboardModel,
  client: PrometheusClient,
  range: TimeRange,
  chosen: VariableValues,
): Promise<PictureData> {
  const values = { ...ALL_VALUES, ...chosen }
  const fill = (expr: string) => fillVariables(expr, values, durationsOf(range))
  const drawn: PicturePanel[] = []
  // Each row begins below what is drawn so far, as in Grafana: the panels of closed rows take no place.
  let shift = 0
  let bottom = 0
  for (const panelJson of list(json['panels'])) {
    const { place, ...rest } = partsOf(panelJson, chosen)
    if (rest.type === 'row') shift = bottom - place.y
    const common = { ...rest, place: { ...place, y: place.y + shift } }
    bottom = Math.max(bottom, common.place.y + place.h)
    const panel = panels.find(({ id }) => id === panelJson['id'])
    if (panel === undefined) {
      drawn.push({ ...common, targets: [], exemplars: [] })
      continue
    }
    const targets = await Promise.all(
      panel.targets.map(async ({ refId, legendFormat, format, expr, isInstant }) => ({
        refId,
        legendFormat,
        format,
        series: isInstant
          ? await client.instant(fill(expr), range.toSeconds)
          : await client.range(fill(expr), range),
      })),
    )
    const asking = panel.targets.filter(({ hasExemplars }) => hasExemplars)
    const exemplars = await Promise.all(
      asking.map(({ expr }) => client.exemplars(fill(expr), range)),
    )
    drawn.push({ ...common, targets, exemplars: exemplars.flat() })
  }
  return {
    title,
    variables: variables
      .filter(({ type }) => type === 'query')
      .map(({ name, label }) => `${label}: ${chosen[name]?.replaceAll('|', ' + ') ?? 'All'}`),
    fromSeconds: range.fromSeconds,
    toSeconds: range.toSeconds,
    stepSeconds: range.stepSeconds,
    panels: drawn,
  }
}

function partsOf(json: JsonObject, chosen: VariableValues) {
  const { x, y, w, h } = object(json['gridPos'])
  return {
    type: String(json['type']),
    title: String(json['title']).replaceAll(
      /\$(\w+)/g,
      (whole, name: string) => chosen[name] ?? whole,
    ),
    place: { x: Number(x), y: Number(y), w: Number(w), h: Number(h) },
    fieldConfig: json['fieldConfig'] ?? { defaults: {}, overrides: [] },
    options: json['options'] ?? {},
    transformations: json['transformations'] ?? [],
  }
}

/**
 * Panels that would be drawn without anything, though the live run of `npm run check:ops` shows that they
 * need not be. Those that list what is wrong may be empty.
 */
export function emptyPanels({ uid }: DashboardModel, drawn: PictureData): string[] {
  const titles = drawn.panels
    .filter(
      ({ targets }) => targets.length > 0 && targets.every(({ series }) => series.length === 0),
    )
    .map(({ title }) => title)
  const isExcused = (title: string) =>
    WITHOUT_DATA.some((one) => one.dashboard === uid && one.panel === title)
  return titles.filter((title) => !isExcused(title)).map((title) => `${uid}, ${title} is empty`)
}
