import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fetchKafkaJars } from '../../kafka/kafka-jars.ts'
import { problemsOf } from '../programs.ts'
import { readCompose } from './compose-file.ts'

/**
 * Checks the broker's variables with the program of its image: it writes the configuration into an empty
 * folder, as in the read-only container, and formats the data with it.
 */
export async function checkKafkaSettings(): Promise<string[]> {
  const { services } = await readCompose('offline')
  const { environment = {} } = services['kafka'] ?? {}
  const jars = await fetchKafkaJars(() => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-kafka-settings-'))
  try {
    const [defaults, mounted, final, data] = ['defaults', 'mounted', 'final', 'data'].map(
      (name) => {
        const path = join(folder, name)
        mkdirSync(path)
        return path
      },
    ) as [string, string, string, string]
    const env = {
      PATH: process.env['PATH'],
      ...Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, String(value)]),
      ),
      KAFKA_LOG_DIRS: data,
    }
    const args = ['--default-configs-dir', defaults, '--mounted-configs-dir', mounted]
    const problems = await problemsOf(
      'java',
      [
        '-cp',
        join(jars, '*'),
        'kafka.docker.KafkaDockerWrapper',
        'setup',
        ...args,
        '--final-configs-dir',
        final,
      ],
      { env },
    )
    if (problems.length > 0) return problems
    const meta = readFileSync(join(data, 'meta.properties'), 'utf8')
    const isFormatted = meta.includes(`cluster.id=${String(environment['CLUSTER_ID'])}`)
    return isFormatted ? [] : [`formatted for another cluster than CLUSTER_ID:\n${meta}`]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
