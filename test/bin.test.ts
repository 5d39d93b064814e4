import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { startProcess } from './support/start-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

it.each(['SIGTERM', 'SIGINT'])('ends at %s while its modules are loaded', async (signal) => {
  const hook = join(temporaryFolder(), 'hook.mjs')
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        if (url.endsWith('/cli.ts')) process.kill(process.pid, '${signal}')
        return next(url, context)
      },
    })`,
  )
  const program = startProcess(process.execPath, ['--import', hook, 'src/bin.ts'], {
    env: { HTTP_PORT: '0' },
  })
  expect(await program.exited).toEqual({ code: 0, signal: null })
})
