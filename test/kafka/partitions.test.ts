import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { fetchKafkaJars } from '../../tools/kafka/kafka-jars.ts'
import { needs, skipBecause } from '../support/needs.ts'
import { needsBroker } from '../support/kafka.ts'

const PROGRAM = fileURLToPath(new URL('Partitions.java', import.meta.url))

/** A runtime alone cannot run a source file. */
function needsCompiler() {
  const { stdout } = spawnSync('java', ['--list-modules'], { encoding: 'utf8' })
  const hasCompiler = typeof stdout === 'string' && stdout.includes('jdk.compiler')
  return skipBecause(hasCompiler ? null : 'Java is a runtime without a compiler')
}

const MONTHS = ['25DEC26', '27MAR27', '3JAN27']

function instrumentNames(): string[] {
  const names = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC', 'XRP_USDC-25DEC26-0d625-C', '']
  names.push('größe', 'ключ', '鍵', '😀-PERPETUAL', 'é', '\u0001', ' ', 'a'.repeat(1000))
  for (let index = 0; names.length < 1000; index += 1) {
    const currency = ['BTC', 'ETH', 'SOL_USDC', 'XRP_USDC'][index % 4] ?? ''
    const month = MONTHS[index % 3] ?? ''
    names.push(`${currency}-${month}-${(index * 7919) % 250_000}-${index % 2 === 0 ? 'C' : 'P'}`)
  }
  return names
}

it(
  'puts 1,000 instruments where the Java producer puts them',
  { ...needs('java', 'maven'), ...needsCompiler(), ...needsBroker() },
  async () => {
    const jars = await fetchKafkaJars(() => undefined)
    const names = instrumentNames()
    const { stdout, stderr, status } = spawnSync('java', ['-cp', join(jars, '*'), PROGRAM], {
      input: names.map((name) => `${name}\n`).join(''),
      encoding: 'utf8',
    })
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    const ours = names.map((name) => [4, 7, 64].map((n) => partitionOfKey(name, n)).join(' '))
    expect(stdout.trimEnd().split('\n')).toEqual(ours)
    expect(new Set(names).size).toBe(1000)
  },
)
