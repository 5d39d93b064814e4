import {
  FieldType,
  applyFieldOverrides,
  createTheme,
  identityOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
  FieldConfigOptionsRegistry,
  type DataFrame,
  type DataTransformerConfig,
  type FieldConfigSource,
} from '@grafana/data'
import { firstValueFrom } from 'rxjs'
import type { PictureData, PicturePanel, PictureSeries, PictureTarget } from '../picture-data.ts'

export const THEME = createTheme({ colors: { mode: 'dark' } })

/** Settings of fields that our panels use; Grafana registers its own when it starts. */
const FIELD_SETTINGS = [
  ...[
    'unit',
    'decimals',
    'min',
    'max',
    'mappings',
    'thresholds',
    'color',
    'noValue',
    'displayName',
  ],
  ...['links', 'custom.width', 'custom.cellOptions', 'custom.filterable'],
]
const GRAPH_SETTINGS = [
  ...['drawStyle', 'lineWidth', 'fillOpacity', 'spanNulls', 'scaleDistribution', 'stacking'],
  ...['thresholdsStyle', 'insertNulls', 'axisSoftMax', 'fillBelowTo'],
].map((name) => `custom.${name}`)

const registry = new FieldConfigOptionsRegistry(() =>
  [...FIELD_SETTINGS, ...GRAPH_SETTINGS].map((id) => ({
    id,
    path: id.replace(/^custom\./, ''),
    isCustom: id.startsWith('custom.'),
    name: id,
    description: '',
    settings: {},
    editor: () => null,
    override: () => null,
    process: identityOverrideProcessor,
    shouldApply: () => true,
    getItemsCount: () => 0,
  })),
)
standardTransformersRegistry.setInit(() =>
  [
    standardTransformers.mergeTransformer,
    standardTransformers.filterFieldsByNameTransformer,
    standardTransformers.organizeFieldsTransformer,
  ].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation: () => Promise.resolve(transformation),
    editor: () => null,
    imageDark: '',
    imageLight: '',
  })),
)

type Grid = Pick<PictureData, 'fromSeconds' | 'toSeconds' | 'stepSeconds'>

/** The answers of a panel as Grafana hands them to its visualisation. */
export async function framesOf(panel: PicturePanel, data: Grid): Promise<DataFrame[]> {
  const isSingle = panel.targets.length === 1
  const raw = panel.targets.flatMap((target) =>
    target.format === 'table'
      ? [tableFrame(target, isSingle)]
      : target.series.map((series) => seriesFrame(target, series, data)),
  )
  const transformations = panel.transformations as DataTransformerConfig[]
  const transformed =
    transformations.length === 0
      ? raw
      : await firstValueFrom(
          transformDataFrame(transformations, raw, { interpolate: (text: string) => text }),
        )
  return applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig as FieldConfigSource,
    fieldConfigRegistry: registry,
    replaceVariables: (text) => text,
    theme: THEME,
    timeZone: 'utc',
  })
}

/** On the grid of the query, so that a gap of the answer stays a gap of the line. */
function seriesFrame(
  { legendFormat, refId }: PictureTarget,
  { labels, points }: PictureSeries,
  { fromSeconds, toSeconds, stepSeconds }: Grid,
): DataFrame {
  const name = legendFormat.replaceAll(
    /\{\{(\w+)\}\}/g,
    (_whole, label: string) => labels[label] ?? '',
  )
  const known = new Map(points)
  const seconds: number[] = []
  for (let at = fromSeconds; at <= toSeconds; at += stepSeconds) seconds.push(at)
  const values = seconds.map((at) => {
    const value = known.get(at)
    return value === undefined || !Number.isFinite(value) ? null : value
  })
  return toDataFrame({
    name,
    refId,
    fields: [
      // By the interval a gap of the answer is known, and stays one of the line.
      {
        name: 'Time',
        type: FieldType.time,
        values: seconds.map((at) => at * 1000),
        config: { interval: stepSeconds * 1000 },
      },
      {
        name: 'Value',
        type: FieldType.number,
        values,
        labels,
        config: { displayNameFromDS: name },
      },
    ],
  })
}

function tableFrame({ refId, series }: PictureTarget, isSingle: boolean): DataFrame {
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort()
  return toDataFrame({
    refId,
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        values: series.map(({ points }) => (points[0]?.[0] ?? 0) * 1000),
      },
      ...names.map((name) => ({
        name,
        type: FieldType.string,
        values: series.map(({ labels }) => labels[name] ?? ''),
      })),
      {
        name: isSingle ? 'Value' : `Value #${refId}`,
        type: FieldType.number,
        values: series.map(({ points }) => points[0]?.[1] ?? null),
      },
    ],
  })
}
