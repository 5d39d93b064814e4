import process from 'node:process'
import { parseArgs } from 'node:util'
import { measureSnapshots } from './http-snapshots.ts'
import { measureStreams } from './http-streams.ts'

const USAGE = `Measures HTTP clients and their cost while the pipeline runs.

  npm run bench:http -- [--part snapshots|streams] [--seconds 20] [--rounds 3]
                        [--requests 2000] [--clients 500] [--follow 1] [--rate 10000]

  snapshots   one book asked for at a constant rate, the pipeline at 1,000 msg/s, beside a bare route
              of Fastify that gives the same object
  streams     the pipeline at --rate without and with --clients readers of the live stream, each of
              --follow books, in turns
`
const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '2000' },
    clients: { type: 'string', default: '500' },
    subscribe: { type: 'string', default: '1' },
    rate: { type: 'string', default: '10000' },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const isSelected = (part: string) => values.part === undefined || values.part === part

if (values.help === true) say(USAGE)
else {
  if (isSelected('snapshots')) {
    await measureSnapshots({ seconds, rounds, requestsPerSecond: Number(values.requests) }, say)
  }
  if (isSelected('streams')) {
    const [clients, subscribe] = [Number(values.clients), Number(values.subscribe)]
    await measureStreams({ seconds, rounds, clients, subscribe, rate: Number(values.rate) }, say)
  }
}
