import process from 'node:process'
import { startProcess } from '../support/start-process.ts'
import { readerOf } from './running-service.ts'

/** The service as a program of its own, as its settings say; ends with the test. */
export async function startProgram(environment: Readonly<Record<string, string>>) {
  const program = startProcess(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', 'src/main.ts'],
    { env: { HTTP_PORT: '0', ...environment } },
  )
  const [, url = ''] = await program.waitForLine(/"url":"(http:[^"]+)".*"msg":"started"/)
  return { ...readerOf(url), program }
}
