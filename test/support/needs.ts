import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test or suite is skipped; printed at the end of a run. */
    skipReason?: string
  }
}

/** Anything that a test may need beyond `npm ci`. */
export type Need =
  | 'alertmanager'
  | 'chromium'
  | 'curl'
  | 'faketime'
  | 'go'
  | 'java'
  | 'maven'
  | 'nginx'
  | 'openssl'
  | 'prometheus'
  | 'promtool'
  | 'python'
  | 'recordings'
  | 'unprivileged'

const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
const RECORDINGS = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
/** Path on Debian. */
export const LIBFAKETIME = `/usr/lib/${TRIPLET}/faketime/libfaketime.so.1`
const LOWEST_JAVA = 17
/** PATH with Debian's folder of servers, which not every user has. */
export const SYSTEM_PATH = [process.env['PATH'] ?? '', '/usr/sbin'].join(delimiter)
/** Debian's name of the program. */
export const ALERTMANAGER = 'prometheus-alertmanager'

const CHECKS: Record<Need, { isThere: () => boolean; missing: string }> = {
  alertmanager: {
    // Debian uses another name; both packages contain amtool.
    isThere: () =>
      isOnPath('amtool') && (isOnPath('alertmanager') || isOnPath('prometheus-alertmanager')),
    missing: 'Alertmanager with amtool is not installed',
  },
  curl: { isThere: () => isOnPath('curl'), missing: 'curl is not installed' },
  chromium: { isThere: () => isOnPath('chromium'), missing: 'Chromium is not installed' },
  java: { isThere: hasJava, missing: `Java ${LOWEST_JAVA} or newer is not installed` },
  maven: { isThere: () => isOnPath('mvn'), missing: 'Maven is not installed' },
  nginx: { isThere: () => isOnPath('nginx', SYSTEM_PATH), missing: 'nginx is not installed' },
  faketime: {
    isThere: () => existsSync(LIBFAKETIME),
    missing: 'libfaketime (Debian: faketime) is not installed',
  },
  go: { isThere: () => isOnPath('go'), missing: 'Go, which builds helm, is not installed' },
  openssl: { isThere: () => isOnPath('openssl'), missing: 'openssl is not installed' },
  prometheus: { isThere: () => isOnPath('prometheus'), missing: 'Prometheus is not installed' },
  promtool: {
    isThere: () => isOnPath('promtool'),
    missing: 'promtool (part of Prometheus) is not installed',
  },
  python: {
    // Debian's python3 comes without venv.
    isThere: () => spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0,
    missing: 'Python 3 with venv is not installed',
  },
  recordings: {
    isThere: () => existsSync(RECORDINGS),
    missing: 'the recordings (../shared/data) are not there',
  },
  unprivileged: {
    // Only root must become another user to be refused.
    isThere: () => process.getuid?.() !== 0 || isOnPath('setpriv'),
    missing: 'setpriv (Debian: util-linux) is not installed',
  },
}

const answers = new Map<Need, boolean>()

/**
 * Options for a `describe` or an `it` that needs more than `npm ci` installs:
 * `describe('the topic', needs('java', 'maven'), () => ...)`. A missing program skips it, and the
 * end of the run prints the reason.
 * @throws Error on CI, where everything must be installed
 */
export function needs(...all: Need[]): TestOptions {
  const missing = all.filter((need) => !isThere(need)).map((need) => CHECKS[need].missing)
  return skipBecause(missing.length === 0 ? null : missing.join(', '))
}

/**
 * Options that skip a `describe` or an `it` for `reason`; null does not skip.
 * @throws Error on CI with a reason
 */
export function skipBecause(reason: string | null): TestOptions {
  if (reason === null) return {}
  if (isCi()) throw new Error(`on CI nothing may be skipped: ${reason}`)
  return { skip: true, meta: { skipReason: reason } }
}

function isCi(): boolean {
  return !['', '0', 'false', undefined].includes(process.env['CI'])
}

function isThere(need: Need): boolean {
  const known = answers.get(need)
  if (known !== undefined) return known
  const answer = CHECKS[need].isThere()
  answers.set(need, answer)
  return answer
}

function isOnPath(command: string, path = process.env['PATH'] ?? ''): boolean {
  const folders = path.split(delimiter)
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)))
}

function hasJava(): boolean {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const major = /version "(\d+)/.exec(stderr)?.[1]
  return status === 0 && major !== undefined && Number(major) >= LOWEST_JAVA
}
