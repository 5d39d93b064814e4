import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { fetchKafkaJars } from '../../tools/kafka/kafka-jars.ts'
import { skipBecause } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startProcess, type RunningProcess } from '../support/start-process.ts'

const CONFLUENT_KAFKA = 'confluent-kafka==2.16.1'
const PYTHON_PROGRAM = fileURLToPath(new URL('foreign_producer.py', import.meta.url))
const JAVA_PROGRAM = fileURLToPath(new URL('ForeignProducer.java', import.meta.url))

export interface ForeignRecord {
  readonly topic: string
  readonly partition?: number
  readonly key?: string | null
  readonly value?: string | null
  readonly timestamp?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** What a producer of its own writes, packed and framed as it likes. */
export interface ForeignStep {
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** `hold` keeps it open until SIGUSR1, then commits. */
  readonly transaction?: 'commit' | 'abort' | 'hold'
  readonly records: readonly ForeignRecord[]
}

/** Starts a program of librdkafka with these steps. */
export async function startPythonProducer(
  brokers: string,
  steps: readonly ForeignStep[],
  context: TestContext,
): Promise<RunningProcess> {
  const packages = await pythonPackages(CONFLUENT_KAFKA).catch((error: unknown) => {
    // Throws on CI, where nothing may be skipped.
    const reason = `confluent-kafka cannot be installed: ${String(error)}`
    skipBecause(reason)
    return context.skip(reason)
  })
  return startProcess('python3', [PYTHON_PROGRAM, brokers, fileWith(steps)], {
    env: { PYTHONPATH: packages, PATH: process.env['PATH'] ?? '' },
  })
}

/** Writes with librdkafka; resolves when all of it is acknowledged. @throws Error with what it said */
export async function writeByPython(
  brokers: string,
  steps: readonly ForeignStep[],
  context: TestContext,
): Promise<void> {
  await isDone(await startPythonProducer(brokers, steps, context))
}

/** Writes with the Java client; resolves when all of it is acknowledged. @throws Error with what it said */
export async function writeByJava(brokers: string, steps: readonly ForeignStep[]): Promise<void> {
  const jars = await fetchKafkaJars(() => undefined)
  await isDone(
    startProcess('java', ['-cp', join(jars, '*'), JAVA_PROGRAM, brokers, fileWith(steps)]),
  )
}

function fileWith(steps: readonly ForeignStep[]): string {
  const file = join(temporaryFolder(), 'steps.json')
  writeFileSync(file, JSON.stringify(steps))
  return file
}

async function isDone(program: RunningProcess): Promise<void> {
  await program.waitForLine(/^done$/, { timeoutMs: 90_000 })
  await program.exited
}
