import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../ops/programs.ts'
import type { Scenario } from './scenario.ts'

const FILE = join(ROOT, '.cache', 'alerts', 'passed.json')
/** Sources that invalidate a passed scenario when they change. */
const SOURCES = ['src/**/*.ts', 'tools/alerts/*.ts', 'tools/stack/*.ts', 'prometheus/**/*.yml']
const SCENARIOS = 'tools/alerts/scenarios.ts'

/** Scenarios that passed with the current sources, over several runs. */
export class PassedScenarios {
  readonly #sources = hashOfSources()
  /** Hashes of scenario and sources. */
  readonly #hashes = new Set(readHashes())

  has(scenario: Scenario): boolean {
    return this.#hashes.has(this.#hashOf(scenario))
  }

  add(scenario: Scenario): void {
    this.#hashes.add(this.#hashOf(scenario))
    mkdirSync(dirname(FILE), { recursive: true })
    writeFileSync(FILE, JSON.stringify([...this.#hashes]))
  }

  #hashOf(scenario: Scenario): string {
    const { inject, recover, ...data } = scenario
    const text = [JSON.stringify(data), String(inject), String(recover)].join('\n')
    return createHash('sha256').update(this.#sources).update(text).digest('hex')
  }
}

function hashOfSources(): string {
  const paths = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  const hash = createHash('sha256')
  for (const path of paths.filter((one) => one !== SCENARIOS).sort()) {
    hash.update(path).update(readFileSync(join(ROOT, path)))
  }
  return hash.digest('hex')
}

function readHashes(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(FILE, 'utf8'))
    return Array.isArray(kept) ? kept.map(String) : []
  } catch {
    return []
  }
}
