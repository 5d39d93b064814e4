import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode } from '@lezer/common'

/** Values for Grafana's own variables, as unambiguous text. */
const RATE_INTERVAL = '86461s'
const GRAFANA_VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: RATE_INTERVAL,
  $__interval: '86462s',
  $__range: '86463s',
}

export interface Matcher {
  readonly label: string
  readonly op: string
  readonly value: string
}

/** A selector with its direct context. */
export interface Selector {
  readonly name: string
  readonly matchers: readonly Matcher[]
  /** Range: `$__rate_interval` or a duration; null for an instant selector. */
  readonly range: string | null
  /** Function whose direct argument it is, such as `rate`; null without one. */
  readonly call: string | null
}

/** @returns the syntax error of an expression; null if it is valid PromQL */
export function syntaxError(expr: string): string | null {
  if (expr.trim() === '') return 'it is empty'
  const filled = fillGrafanaVariables(expr)
  let problem: string | null = null
  parser.parse(filled).iterate({
    enter({ type, from }) {
      if (type.isError) problem ??= `syntax error at: ${filled.slice(from, from + 40)}`
    },
  })
  return problem
}

/** All selectors of an expression; incomplete for invalid PromQL. */
export function selectorsOf(expr: string): Selector[] {
  const filled = fillGrafanaVariables(expr)
  const textOf = ({ from, to }: SyntaxNode) => filled.slice(from, to)
  const found: Selector[] = []
  parser.parse(filled).iterate({
    enter({ name, node }) {
      if (name !== 'VectorSelector') return
      const matrix = node.parent?.name === 'MatrixSelector' ? node.parent : null
      const duration = matrix?.getChild('DurationExpr')
      const range = duration === null || duration === undefined ? null : textOf(duration)
      const identifier = node.getChild('Identifier')
      const labels = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      found.push({
        name: identifier === null ? '' : textOf(identifier),
        matchers: labels.map((label) => matcherOf(label, textOf)),
        range: range === RATE_INTERVAL ? '$__rate_interval' : range,
        call: callAround(matrix ?? node, textOf),
      })
    },
  })
  return found
}

function matcherOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): Matcher {
  const part = (name: string) => {
    const child = node.getChild(name)
    return child === null ? '' : textOf(child)
  }
  return {
    label: part('LabelName'),
    op: part('MatchOp'),
    value: part('StringLiteral').slice(1, -1),
  }
}

/** Skips `offset` and `@` between a function and its argument. */
function callAround(node: SyntaxNode, textOf: (node: SyntaxNode) => string): string | null {
  let parent = node.parent
  while (parent !== null && /^(OffsetExpr|StepInvariantExpr)$/.test(parent.name)) {
    parent = parent.parent
  }
  const call = parent?.name === 'FunctionCallBody' ? parent.parent : null
  const identifier = call?.getChild('FunctionIdentifier') ?? null
  return identifier === null ? null : textOf(identifier)
}

function fillGrafanaVariables(expr: string): string {
  return expr.replaceAll(/\$__\w+/g, (name) => GRAFANA_VARIABLES[name] ?? name)
}
