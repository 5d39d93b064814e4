import process from 'node:process'
import { registerCleanUp } from '../support/clean-up.ts'
import { startProcess } from '../support/start-process.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'
import { readerOf, type TopicCheck } from './running-service.ts'

/**
 * Starts the service as a process with the given settings; stops with the test. Before that, asserts that the
 * topic has the records that the service counted as produced.
 */
export async function startProgram(
  environment: Readonly<Record<string, string>>,
  { foreignBrokers = environment['KAFKA_BROKERS'], topicIsGone }: TopicCheck = {},
) {
  const program = startProcess(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', 'src/cli.ts'],
    { env: { HTTP_PORT: '0', ...environment } },
  )
  const [, url = ''] = await program.waitForLine(/"url":"(http:[^"]+)".*"msg":"started"/)
  const reader = readerOf(url)
  let hasExited = false
  void program.exited.finally(() => (hasExited = true))
  if (foreignBrokers !== undefined && topicIsGone === undefined) {
    registerCleanUp(() => (hasExited ? undefined : assertTopicHolds(reader, foreignBrokers)))
  }
  return { ...reader, program }
}
