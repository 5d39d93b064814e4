import { TableCellDisplayMode } from '@grafana/grafana-foundation-sdk/common'
import type {
  DashboardLink,
  DynamicConfigValue,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder, type Options } from '@grafana/grafana-foundation-sdk/table'
import { BY_LIMIT, limitAbove } from './colors.ts'
import { finishPanel, type PanelSpec, type SizedPanel, type Unit } from './panel.ts'

/** A table column; order matters. */
interface Column {
  /** Label name, or `Value #A` for the value of the first query. */
  readonly from: string
  readonly title: string
  readonly unit?: Unit
  readonly decimals?: number
  readonly width?: number
  readonly mappings?: readonly ValueMapping[]
  /** Threshold from which the value is bad. */
  readonly limit?: number
  readonly links?: readonly DashboardLink[]
}

export interface TableSpec extends Omit<PanelSpec, 'height'> {
  readonly height?: number
  /** Other columns are hidden. */
  readonly columns: readonly Column[]
  /** Titles of the sort columns, the first one first; a leading `-` is descending order. */
  readonly sortBy: readonly string[]
}

/** A table with one row per label set and the values of all queries. */
export function table(spec: TableSpec): SizedPanel {
  const { columns, sortBy } = spec
  const bare = new PanelBuilder()
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: columns.map(({ from }) => from) } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(columns.map(({ from }, index) => [from, index])),
        renameByName: Object.fromEntries(columns.map(({ from, title }) => [from, title])),
      },
    })
    .build()
  const defaults = bare.options as Options
  bare.options = {
    ...defaults,
    showHeader: true,
    sortBy: sortBy.map((title) => ({
      displayName: title.replace(/^-/, ''),
      desc: title.startsWith('-'),
    })),
  }
  bare.fieldConfig = {
    defaults: {},
    overrides: columns.map((column) => ({
      matcher: { id: 'byName', options: column.title },
      properties: propertiesOf(column),
    })),
  }
  return finishPanel(bare, { height: 9, ...spec }, { custom: { filterable: true } })
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { unit, decimals, width, mappings, limit, links } = column
  const isColoured = mappings !== undefined || limit !== undefined
  const properties: [id: string, value: unknown][] = [
    ['unit', unit],
    // Text of an empty cell; the text of the panel is for a table without rows.
    ['noValue', '–'],
    ['decimals', decimals],
    ['custom.width', width],
    ['mappings', mappings],
    ['thresholds', limit === undefined ? undefined : limitAbove(limit)],
    ['color', limit === undefined ? undefined : BY_LIMIT],
    ['custom.cellOptions', isColoured ? { type: TableCellDisplayMode.ColorText } : undefined],
    ['links', links],
  ]
  return properties.flatMap(([id, value]) => (value === undefined ? [] : [{ id, value }]))
}
