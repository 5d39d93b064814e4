import type { CheckResult, Example } from './findings.ts'
import type { VerifySummary } from './verifier.ts'

/** The result of a verification; the JSON report has this form. */
export interface VerifyReport {
  /** Version of this program. */
  readonly version: string
  readonly source: 'exchange' | 'recording'
  /** What is missing at the end of a recording; null if nothing is. */
  readonly warning: string | null
  readonly summary: VerifySummary
  readonly counts: Readonly<Record<CheckResult['outcome'], number>>
  readonly checks: readonly CheckResult[]
}

export function countOutcomes(checks: readonly CheckResult[]): VerifyReport['counts'] {
  const counts = { holds: 0, contradicted: 0, not_seen: 0 }
  for (const { outcome } of checks) counts[outcome] += 1
  return counts
}

const OUTCOMES = { holds: 'holds', contradicted: 'CONTRADICTED', not_seen: 'not seen' } as const
const MAX_KINDS_SHOWN = 5

/** Formats a report for people: contradictions first, then every check. */
export function reportText(report: VerifyReport): string {
  const { summary, counts, checks } = report
  const contradicted = checks.filter(({ outcome }) => outcome === 'contradicted')
  const exceptional = checks.filter(({ exceptions }) => exceptions > 0)
  const lines = [
    `orderbook-exporter ${report.version}: ${report.source} against the protocol reference`,
    `${counts.holds} checks hold, ${counts.contradicted} are contradicted, ${counts.not_seen} had no occasion`,
    '',
    ...summaryLines(summary),
    ...(report.warning === null ? [] : [`warning: ${report.warning}`]),
    ...contradicted.flatMap(contradictionLines),
    ...(exceptional.length === 0 ? [] : ['', 'Known exceptions:']),
    ...exceptional.map(
      ({ id, exceptions, exceptionExample: example }) =>
        `  ${id}: ${exceptions} times, first in line ${example?.line ?? 0}: ${plain(example?.detail ?? '')}`,
    ),
    '',
    'Checks:',
    ...checks.map(
      ({ id, section, claim, outcome, seen }) =>
        `  ${OUTCOMES[outcome].padEnd(12)} ${section.padEnd(4)} ${id.padEnd(24)} ${String(seen).padStart(8)}  ${claim}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function summaryLines(summary: VerifySummary): string[] {
  const { frames, connections, seconds, framesPerSecond, largestFrameBytes, kinds } = summary
  const { clockOffsetMs, clockUncertaintyMs } = summary
  const duration = seconds === null ? 'no times' : `${seconds.toFixed(1)} s`
  const rate = framesPerSecond === null ? '' : `, ${framesPerSecond.toFixed(1)} a second`
  const byKind = Object.entries(kinds)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`)
  return [
    `Frames: ${frames} (${duration}${rate}), largest ${largestFrameBytes} bytes, ${connections} connections`,
    `Kinds: ${byKind.join(', ')}`,
    clockOffsetMs === null || clockUncertaintyMs === null
      ? 'Clock of the exchange: not measured'
      : `Clock of the exchange: ${clockOffsetMs.toFixed(1)} ms ahead, +/- ${clockUncertaintyMs.toFixed(1)} ms`,
  ]
}

function contradictionLines(result: CheckResult): string[] {
  const { id, section, claim, contradictions, seen, kinds, example } = result
  const most = Object.entries(kinds).toSorted(([, a], [, b]) => b - a)
  return [
    '',
    `CONTRADICTED ${id} (section ${section}), ${contradictions} of ${seen}: ${claim}`,
    ...most.slice(0, MAX_KINDS_SHOWN).map(([kind, count]) => `  ${count} x ${plain(kind)}`),
    ...exampleLines(example),
  ]
}

function exampleLines(example: Example | null): string[] {
  if (example === null) return []
  return [`  first in line ${example.line}: ${plain(example.excerpt)}`]
}

/** Replaces control characters in text of the exchange, which a terminal would execute. */
function plain(text: string): string {
  // eslint would see control characters in a pattern as an error.
  return [...text].map((character) => (isControl(character) ? '?' : character)).join('')
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}
