import process from 'node:process'
import { parseArgs } from 'node:util'
import { startBroker } from '../tools/kafka/broker.ts'
import { medianOf } from './median.ts'
import { runLoad } from './run-load.ts'
import { startServiceProcess } from './start-subjects.ts'
import { startTraceSink } from './trace-sink.ts'

/** Measures the cost of tracing: the service with tracing off and on, in alternating blocks. */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    instruments: { type: 'string', default: '3000' },
    seconds: { type: 'string', default: '20' },
    blocks: { type: 'string', default: '5' },
    ratio: { type: 'string', default: '0.01' },
    'in-process': { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)

const broker = values['in-process'] ? null : await startBroker({ say })
const sink = await startTraceSink()
const load = {
  instruments: Number(values.instruments),
  ratePerSecond: Number(values.rate),
  warmUpSeconds: 4,
  seconds: Number(values.seconds),
}
const ratios: number[] = []
try {
  for (let block = 1; block <= Number(values.blocks); block += 1) {
    const cpu: Record<string, number> = {}
    // Alternating order: the first one runs on a quieter machine.
    const order = block % 2 === 0 ? ['on', 'off'] : ['off', 'on']
    for (const word of order) {
      const environment: Record<string, string> =
        word === 'off'
          ? {}
          : {
              OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
              OTEL_TRACES_SAMPLER: 'traceidratio',
              OTEL_TRACES_SAMPLER_ARG: values.ratio,
            }
      const topic = `tracing-${block}-${word}`
      const result = await runLoad(load, { brokers: broker?.brokers ?? '', topic }, (options) =>
        startServiceProcess(options, environment),
      )
      cpu[word] = result.cpuMicrosecondsPerMessage
      say(
        `block ${block} ${word}: ${Math.round(result.consumedPerSecond)}/s, ${result.cpuMicrosecondsPerMessage.toFixed(1)} us a message, p99 ${result.p99Ms.toFixed(1)} ms`,
      )
    }
    ratios.push((cpu['on'] ?? NaN) / (cpu['off'] ?? NaN))
  }
  const median = medianOf(ratios)
  say(
    `\nCPU per message at ratio ${values.ratio}: ${median.toFixed(3)} x off (median of ${ratios.length} blocks: ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')}); ${sink.bytes()} bytes of traces`,
  )
} finally {
  sink.stop()
  await broker?.stop()
}
