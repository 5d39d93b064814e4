import { Document } from 'yaml'
import { RULE_FILES } from '../../prometheus/src/rule-files.ts'
import type { GeneratedFile } from './generated-file.ts'

const HEAD = ` Made from prometheus/src/ by \`npm run ops:generate\`; do not edit.
 Thresholds: prometheus/src/thresholds.ts. What to do: docs/runbooks/.`

/** Renders the rule files for Prometheus 2.42 and newer. */
export function renderRules(): GeneratedFile[] {
  return Object.entries(RULE_FILES).map(([name, groups]) => {
    const document = new Document({ groups })
    document.commentBefore = HEAD
    return {
      path: `prometheus/rules/${name}.yml`,
      text: document.toString({ lineWidth: 0, defaultStringType: 'PLAIN' }),
      parser: 'yaml',
    }
  })
}
