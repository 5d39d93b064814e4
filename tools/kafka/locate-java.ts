import { spawnSync } from 'node:child_process'

const MIN_JAVA = 17

/** Problem of the Java installation; null when it can run a broker. */
export function findJavaProblem(): string | null {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (java.error !== undefined) return 'no `java` on the path'
  const version = /version "(\d+)(?:\.(\d+))?/.exec(java.stderr)
  const major = Number(version?.[1] === '1' ? version[2] : version?.[1])
  if (Number.isNaN(major)) return '`java -version` prints no version'
  return major < MIN_JAVA ? `Java ${major} is too old, ${MIN_JAVA} is needed` : null
}

/** Problem of Maven; null when it can be run. */
export function findMavenProblem(): string | null {
  const maven = spawnSync('mvn', ['-v'], { encoding: 'utf8' })
  if (maven.error !== undefined) return 'no `mvn` on the path'
  return maven.status === 0 ? null : '`mvn -v` fails'
}

/** Problem of Docker; null when it answers. */
export function findDockerProblem(): string | null {
  const docker = spawnSync('docker', ['info'], { encoding: 'utf8', timeout: 10_000 })
  if (docker.error !== undefined) return 'no `docker` on the path, or it does not answer'
  return docker.status === 0 ? null : 'the Docker daemon does not answer'
}
