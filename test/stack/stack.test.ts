import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { needsBroker } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import { type RunningProcess, startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { compare, readTops } from './exchange-comparison.ts'
import { readBooks } from './member-watch.ts'
import { eventuallyShared } from './test-stack.ts'

const SCRIPT = 'tools/stack/main.ts'
const START_MS = 120_000
const STOP_MS = 60_000
const LAST_LINE = /Ctrl-C stops everything/
const INSTRUMENTS = 12

/** `npm run stack` on free ports, with a folder of its own. */
function startStackProgram(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): {
  program: RunningProcess
  folder: string
} {
  const folder = temporaryFolder()
  const own = ['--free-ports', '--folder', folder, '--instruments', String(INSTRUMENTS)]
  const program = startProcess(process.execPath, [SCRIPT, ...own, ...args], { env })
  return { program, folder }
}

/** Address and process of each row of the table. */
function readTable(program: RunningProcess): Map<string, { address: string; pid: number }> {
  const table = new Map<string, { address: string; pid: number }>()
  for (const line of program.stdout) {
    const [, name, address = '', pid] = /^ {2}(\S*) +(\S+) .* process (\d+)$/.exec(line) ?? []
    if (name === undefined) continue
    table.set(name === '' ? 'control' : name, { address, pid: Number(pid) })
  }
  return table
}

const originOf = (address: string) => new URL(address).origin

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A service of the table, as a reader of its API asks for it. */
function serviceOf(table: ReturnType<typeof readTable>, name: string) {
  return { name, url: originOf(table.get(name)?.address ?? '') }
}

describe('npm run stack', { ...needsBroker(), timeout: 180_000 }, () => {
  describe('once started', () => {
    let program: RunningProcess
    let folder: string
    let table: ReturnType<typeof readTable>
    let pids: number[]

    beforeAll(async () => {
      const started = startStackProgram(['--rate', '60'])
      program = started.program
      folder = started.folder
      await program.waitForLine(LAST_LINE, { timeoutMs: START_MS })
      table = readTable(program)
      pids = [...table.values()].map(({ pid }) => pid)
    }, 180_000)

    it('runs each part as a separate process, and logs into the printed folder', () => {
      const names = ['Kafka', 'simulator', 'control', 'producer', 'consumer-1', 'consumer-2']
      expect([...table.keys()].slice(0, names.length)).toEqual(names)
      // The simulator has two rows.
      expect(new Set(pids).size).toBe(pids.length - 1)
      expect(pids.every(isAlive)).toBe(true)
      expect(program.stdout.join('\n')).toContain(`Logs: ${folder}/*.log`)
      expect(readFileSync(join(folder, 'producer.log'), 'utf8')).toContain('"msg":"started"')
    })

    it('divides the instruments among the consumers, which show the books of the exchange', async () => {
      const members = [serviceOf(table, 'consumer-1'), serviceOf(table, 'consumer-2')]
      // Its id is part of the address.
      const control = (table.get('control')?.address ?? '').replace(/\/faults$/, '')
      const { instruments } = (await (await fetch(`${control}/status`)).json()) as {
        instruments: string[]
      }
      expect(instruments).toHaveLength(INSTRUMENTS)
      const shares = await eventuallyShared(instruments, members)
      expect(shares.flat().toSorted()).toEqual(instruments.toSorted())
      for (const { name, url } of members) {
        const reading = await readBooks(name, url)
        const tops = await readTops(control, [...reading.books.keys()])
        for (const book of reading.books.values()) {
          expect([book.state, compare(reading, book, tops).lie]).toEqual(['live', null])
        }
      }
    })

    it('is completely scraped by Prometheus', needs('prometheus'), async () => {
      const { url } = serviceOf(table, 'Prometheus')
      const targets = ['producer', 'consumer-1', 'consumer-2', 'Prometheus'].map(
        (name) => new URL(table.get(name)?.address ?? '').host,
      )
      await eventually(
        async () => {
          const answer = (await (await fetch(`${url}/api/v1/query?query=up`)).json()) as {
            data: { result: { metric: { instance: string }; value: [number, string] }[] }
          }
          const up = answer.data.result.map(({ metric, value }) => [metric.instance, value[1]])
          expect(up.toSorted()).toEqual(targets.map((target) => [target, '1']).toSorted())
        },
        { timeoutMs: 60_000, intervalMs: 500 },
      )
    })

    it(
      'has an Alertmanager that Prometheus talks to',
      needs('prometheus', 'alertmanager'),
      async () => {
        const { url } = serviceOf(table, 'Prometheus')
        const alertmanager = serviceOf(table, 'Alertmanager').url
        await eventually(
          async () => {
            const answer: unknown = await (await fetch(`${url}/api/v1/alertmanagers`)).json()
            expect(answer).toMatchObject({
              data: { activeAlertmanagers: [{ url: `${alertmanager}/api/v2/alerts` }] },
            })
          },
          { timeoutMs: 60_000, intervalMs: 500 },
        )
      },
    )

    it('reports the owner of the folder to another stack with the same folder', async () => {
      const other = startProcess(process.execPath, [SCRIPT, '--free-ports', '--folder', folder])
      expect(await other.exited).toMatchObject({ code: 1 })
      expect(other.stderr.join('\n')).toContain(
        `${folder} belongs to the stack of process ${program.pid}: --folder DIR chooses another`,
      )
    })

    it('leaves no process and no data behind when Ctrl-C comes twice, as through npm', async () => {
      program.kill('SIGINT')
      program.kill('SIGINT')
      expect(await program.stop({ signal: 'SIGINT', timeoutMs: STOP_MS })).toEqual({
        code: 0,
        signal: null,
      })
      expect(program.stderr).toEqual([])
      expect(pids.filter(isAlive)).toEqual([])
      expect(existsSync(join(folder, 'data'))).toBe(false)
      expect(existsSync(join(folder, 'stack.pid'))).toBe(false)
      // In order: the producer's queue was flushed before the others stopped.
      const logs = ['producer', 'consumer-1', 'consumer-2'].map((name) =>
        readFileSync(join(folder, `${name}.log`), 'utf8'),
      )
      const stoppedAt = logs.map((log) => /"time":"([^"]+)"[^\n]*"msg":"stopped"/.exec(log)?.[1])
      const [producer = '', ...consumers] = stoppedAt
      for (const consumer of consumers) expect((consumer ?? '') > producer).toBe(true)
    })
  })

  it('reports a process that died, with its last output, and stops the others with exit 1', async () => {
    const { program, folder } = startStackProgram()
    await program.waitForLine(LAST_LINE, { timeoutMs: START_MS })
    const table = readTable(program)
    process.kill(table.get('consumer-2')?.pid ?? -1, 'SIGKILL')
    await program.waitForLine(/^consumer-2 ended by SIGKILL unexpectedly; last output:/)
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr.join('\n')).toContain('"msg":"started"')
    expect([...table.values()].filter(({ pid }) => isAlive(pid))).toEqual([])
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it('kills everything at once at a second Ctrl-C', async () => {
    const { program } = startStackProgram()
    await program.waitForLine(LAST_LINE, { timeoutMs: START_MS })
    const table = readTable(program)
    const producer = table.get('producer')?.pid ?? -1
    // A process that does not stop: paused again after each resume.
    const hold = setInterval(() => {
      if (isAlive(producer)) process.kill(producer, 'SIGSTOP')
    }, 1)
    registerCleanUp(() => {
      clearInterval(hold)
    })
    program.kill('SIGINT')
    await program.waitForLine(/^stopping$/)
    // Within half a second a second signal counts as the same one (src/runtime.ts).
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(isAlive(producer)).toBe(true)
    program.kill('SIGINT')
    expect(await program.exited).toEqual({ code: 1, signal: null })
    await eventually(() => [...table.values()].every(({ pid }) => !isAlive(pid)))
  })

  it('can be stopped while it starts', async () => {
    const { program, folder } = startStackProgram()
    await program.waitForLine(/^starting producer/, { timeoutMs: START_MS })
    expect(await program.stop({ signal: 'SIGINT', timeoutMs: STOP_MS })).toEqual({
      code: 0,
      signal: null,
    })
    expect(existsSync(join(folder, 'stack.pid'))).toBe(false)
  })
})

it('npm run stack names every port in use and starts nothing', async () => {
  const servers = [createServer(), createServer()]
  const ports: string[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    registerCleanUp(() => server.close())
    const address = server.address()
    ports.push(typeof address === 'object' ? String(address?.port) : '')
  }
  const [producer = '', consumer = ''] = ports
  const { program, folder } = startStackProgram([
    ...['--producer-port', producer],
    ...['--consumer-ports', `0,${consumer}`],
  ])
  expect(await program.exited).toEqual({ code: 1, signal: null })
  expect(program.stderr).toEqual([
    `port ${producer} of 127.0.0.1 is in use: --producer-port chooses another`,
    `port ${consumer} of 127.0.0.1 is in use: --consumer-ports chooses another`,
  ])
  expect(program.stdout).toEqual([])
  expect(existsSync(join(folder, 'stack.pid'))).toBe(false)
})

it('npm run stack leaves nothing behind when a part does not start', async () => {
  const { program, folder } = startStackProgram([], { PATH: temporaryFolder() })
  expect(await program.exited).toEqual({ code: 1, signal: null })
  expect(program.stderr.join('\n')).toMatch(/^no broker available: no `java` on the path/)
  expect(readdirSync(folder)).toEqual([])
})
