import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../programs.ts'
import { DASHBOARD_FOLDER } from '../../render-dashboards.ts'
import { list, object } from '../dashboard-model.ts'

/** An exclusion from a rule. */
export interface LintExclusion {
  readonly rule: string
  /** Titles of dashboard and panel. */
  readonly dashboard: string
  readonly panel: string
  /** Null: all queries of the panel. */
  readonly targetIndex: number | null
}

/** Path beside the dashboards, as in grafana/dashboard-linter. */
export function readExclusions(): LintExclusion[] {
  return parseExclusions(readFileSync(join(ROOT, DASHBOARD_FOLDER, '.lint'), 'utf8'))
}

/**
 * Parses the format of grafana/dashboard-linter, restricted to single panels, each with a
 * reason.
 * @throws Error where a rule is excluded without a reason or without a panel
 */
export function parseExclusions(yaml: string): LintExclusion[] {
  const config = object(parse(yaml))
  return Object.entries(object(config['exclusions'])).flatMap(([rule, value]) => {
    const { reason, entries } = object(value)
    if (typeof reason !== 'string') throw new Error(`.lint: ${rule} is excluded without a reason`)
    const panels = list(entries)
    if (panels.length === 0) throw new Error(`.lint: ${rule} is excluded without a list of panels`)
    return panels.map(({ dashboard, panel, targetIdx }) => {
      if (typeof dashboard !== 'string' || typeof panel !== 'string') {
        throw new Error(`.lint: ${rule} is excluded without naming a panel`)
      }
      const targetIndex = targetIdx === undefined ? null : Number(targetIdx)
      return { rule, dashboard, panel, targetIndex }
    })
  })
}
