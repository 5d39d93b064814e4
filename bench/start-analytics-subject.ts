import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AnalyticsAnswer, AnalyticsTask } from './analytics-subject.ts'

const SUBJECT = fileURLToPath(new URL('analytics-subject.ts', import.meta.url))

/** Starts a process that does the task for a number of rounds each time it is asked. */
export function startSubject(task: AnalyticsTask) {
  const child = fork(SUBJECT, [JSON.stringify(task)], { execArgv: ['--expose-gc'] })
  return {
    async run(rounds: number): Promise<AnalyticsAnswer> {
      const answered = once(child, 'message')
      child.send(rounds)
      return ((await answered) as [AnalyticsAnswer])[0]
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
