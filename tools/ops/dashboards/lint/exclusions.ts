import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../programs.ts'
import { DASHBOARD_FOLDER } from '../../render-dashboards.ts'
import { list, object } from '../dashboard-model.ts'

/** What a rule does not hold for. */
export interface LintExclusion {
  readonly rule: string
  /** Titles. */
  readonly dashboard: string
  readonly panel: string
  /** Null: all queries of the panel. */
  readonly targetIndex: number | null
}

/** Beside the dashboards, where grafana/dashboard-linter looks for it too. */
export function readExclusions(): LintExclusion[] {
  return parseExclusions(readFileSync(join(ROOT, DASHBOARD_FOLDER, '.lint'), 'utf8'))
}

/**
 * The format of grafana/dashboard-linter, of which we take what is exact: single panels, each with a
 * reason.
 * @throws Error where a rule is excluded as a whole, without a reason or without a panel
 */
export function parseExclusions(yaml: string): LintExclusion[] {
  const config = object(parse(yaml))
  return Object.entries(object(config['exclusions'])).flatMap(([rule, value]) => {
    const { reason, entries } = object(value)
    if (typeof reason !== 'string') throw new Error(`.lint: ${rule} is excluded without a reason`)
    const panels = list(entries)
    if (panels.length === 0) throw new Error(`.lint: ${rule} is excluded for everything`)
    return panels.map(({ dashboard, panel, targetIdx }) => {
      if (typeof dashboard !== 'string' || typeof panel !== 'string') {
        throw new Error(`.lint: ${rule} is excluded for no panel in particular`)
      }
      const targetIndex = targetIdx === undefined ? null : Number(targetIdx)
      return { rule, dashboard, panel, targetIndex }
    })
  })
}
