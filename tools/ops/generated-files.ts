import type { GeneratedFile } from './generated-file.ts'
import { renderDashboards } from './render-dashboards.ts'
import { renderRules } from './render-rules.ts'
import { renderRunbookIndex } from './render-runbook-index.ts'

/** All files that `npm run ops:generate` writes and `npm run check:ops` compares. */
export function generatedFiles(): GeneratedFile[] {
  return [...renderRules(), renderRunbookIndex(), ...renderDashboards()]
}
