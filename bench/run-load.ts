import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startPacedExchange } from './start-exchange.ts'
import type { Subject, SubjectOptions } from './subject.ts'
import { measureWindow, type Result } from './window.ts'

const SIMULATOR = fileURLToPath(new URL('../src/simulator/cli.ts', import.meta.url))
const SNAPSHOT_BYTES = '725'

export interface Load {
  readonly instruments: number
  readonly ratePerSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** Runs one subject under one load, with its own exchange. */
export async function runLoad(
  load: Load,
  place: { brokers: string; topic: string },
  start: (options: SubjectOptions) => Subject | Promise<Subject>,
): Promise<Result> {
  const exchange = await startPacedExchange(load.instruments, load.ratePerSecond)
  const { exchangeUrl, instruments } = exchange
  const subject = await start({ ...place, exchangeUrl, instruments })
  try {
    await sleep(load.warmUpSeconds * 1000)
    return await measureWindow(subject, exchange, load)
  } finally {
    await subject.stop()
    await exchange.stop()
  }
}

/** The simulated exchange as a process, with books that change at the given rate. */
export async function startExchange(load: Load) {
  const words = {
    port: '0',
    'control-port': '0',
    instruments: String(load.instruments),
    rate: String(load.ratePerSecond),
    'frame-bytes': SNAPSHOT_BYTES,
    'history-ms': '0',
  }
  const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, [SIMULATOR, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.setEncoding('utf8')
  let output = ''
  for await (const text of child.stdout as AsyncIterable<string>) {
    output += text
    if (output.includes('control: ')) break
  }
  const exchangeUrl = /^(ws:\S+)/m.exec(output)?.[1] ?? ''
  const control = /^control: (\S+)/m.exec(output)?.[1] ?? ''
  const { instruments } = (await (await fetch(`${control}/status`)).json()) as {
    instruments: string[]
  }
  return {
    exchangeUrl,
    instruments,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
