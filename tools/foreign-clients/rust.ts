import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Simulator } from '../../src/simulator/server/api.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { addressesOf, PrintedBooks } from './printed-books.ts'

/**
 * Builds a program with the Deribit clients of crates.io, runs it against a simulated exchange for a
 * while, and compares its books with those of the exchange, level by level. Not part of the tests, because
 * the build takes minutes. Exit 1 where a book differs.
 */

const CRATE = fileURLToPath(new URL('rust', import.meta.url))
/** Build output of cargo, outside of the sources. */
const PLACE = fileURLToPath(new URL('../../.cache/rust', import.meta.url))
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH_USDC-PERPETUAL', 'XRP_USDC-25DEC26-0d625-C', 'BTC_USDC']
const RUN_MS = 10_000
const REST_MS = 2_000

function build(): string {
  cpSync(CRATE, PLACE, { recursive: true })
  const startMs = performance.now()
  const { status } = spawnSync('cargo', ['build', '--quiet'], { cwd: PLACE, stdio: 'inherit' })
  if (status !== 0) throw new Error('cargo build failed')
  process.stdout.write(`built in ${Math.round((performance.now() - startMs) / 1000)} s\n`)
  return `${PLACE}/target/debug/foreign-clients`
}

/** Runs the program while the books move, and a little longer. */
async function readBooks(program: string, simulator: Simulator): Promise<PrintedBooks> {
  const books = new PrintedBooks(simulator)
  const env = { PATH: process.env['PATH'], ...addressesOf(simulator) }
  const child = spawn(program, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: child.stdout }).on('line', (line) => books.add([line]))
  await sleep(RUN_MS)
  simulator.faults.add('still')
  await sleep(REST_MS)
  if (child.exitCode !== null) throw new Error(`the client exited with ${child.exitCode}`)
  child.kill()
  await once(child, 'exit')
  return books
}

const program = build()
const simulator = createSimulator({ instruments: INSTRUMENTS, ratePerSecond: 200 })
await simulator.start()
try {
  const books = await readBooks(program, simulator)
  process.stdout.write(`${JSON.stringify(books.facts.find((fact) => 'version' in fact))}\n`)
  for (const key of books.keys(['http', 'websocket'])) {
    const difference = books.difference(key)
    if (difference !== null) process.exitCode = 1
    const outcome = difference ?? `${books.levels(key)} levels equal`
    process.stdout.write(
      `${key.source} ${key.instrument}: ${books.of(key).length} books, ${outcome}\n`,
    )
  }
} finally {
  await simulator.stop()
}
