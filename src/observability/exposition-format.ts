import type { FormatName } from './accept.ts'
import type { Exemplar } from './histogram.ts'

/** What stands above the samples of a family; `summary` comes from the Node metrics only. */
export interface FamilyHead {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly unit: string | null
}

/** Where the two formats differ. */
export interface ExpositionFormat {
  readonly contentType: string
  writeHead(head: FamilyHead): string
  /** A bucket's bound as the value of `le`. */
  writeBound(bound: number): string
  /** What follows the value of a bucket. */
  writeExemplar(exemplar: Exemplar): string
  readonly end: string
}

/** Units that OpenMetrics knows and that a name ends in. */
const DECLARED_UNITS: readonly string[] = ['seconds', 'bytes', 'ratio']

const text: ExpositionFormat = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  writeHead: ({ name, help, type }) =>
    `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
  writeBound: (bound) => String(bound),
  // The format has none, and its readers would refuse the page.
  writeExemplar: () => '',
  end: '',
}

const openMetrics: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  writeHead({ name, help, type, unit }) {
    // The family of a counter is named without the suffix that its samples carry.
    const family = type === 'counter' ? name.replace(/_total$/, '') : name
    const isUnitDeclared =
      unit !== null && DECLARED_UNITS.includes(unit) && family.endsWith(`_${unit}`)
    const unitLine = isUnitDeclared ? `# UNIT ${family} ${unit}\n` : ''
    const escaped = escapeHelp(help).replaceAll('"', '\\"')
    return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${escaped}\n`
  },
  // A bound is a float for OpenMetrics, and its text is the identity of the bucket.
  writeBound: (bound) => (Number.isInteger(bound) ? bound.toFixed(1) : String(bound)),
  writeExemplar: ({ traceId, value, timeMs }) =>
    ` # {trace_id="${traceId}"} ${value} ${timeMs / 1000}`,
  end: '# EOF\n',
}

export const EXPOSITION_FORMATS: Readonly<Record<FormatName, ExpositionFormat>> = {
  text,
  openmetrics: openMetrics,
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
