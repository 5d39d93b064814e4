import { type App, type AppDeps, createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { systemClock } from '../../src/time/clock.ts'

/**
 * Starts the service in this process, on a free port, from the given settings without the environment; warnings
 * and errors go to stderr. `url` is its address.
 */
export async function startApp(
  settings: Readonly<Record<string, string>>,
  deps: Pick<AppDeps, 'faults'> = {},
): Promise<{ app: App; url: string }> {
  const config = readConfig({ HTTP_PORT: '0', ...settings }, { isStrict: true })
  const nothing = () => undefined
  const logger = { debug: nothing, info: nothing, warn: console.warn, error: console.error }
  const app = createApp(config, {
    clock: systemClock,
    loggerOf: () => logger,
    version: '0.0.0-tools',
    onFatal: (error) => {
      throw error
    },
    ...deps,
  })
  return { app, url: await app.start() }
}
