/** Words of PromQL that stand where a name could. */
const KEYWORDS = new Set([
  ...['and', 'or', 'unless', 'on', 'ignoring', 'by', 'without', 'group_left', 'group_right'],
  ...['offset', 'bool', 'start', 'end', 'atan2', 'Inf', 'NaN', 'inf', 'nan'],
])

/**
 * Names of the series that an expression reads, each once. It need not be parsed for that: text,
 * selectors and lists of labels are cut out, and what is left are names, functions and numbers.
 */
export function promqlNames(expr: string): string[] {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  const names = new Set<string>()
  for (const match of bare.matchAll(/(?<![\w.:$])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)) {
    if (!KEYWORDS.has(match[0])) names.add(match[0])
  }
  return [...names]
}
