import { parentPort, workerData } from 'node:worker_threads'

export interface Scrape {
  readonly wallMs: number
  readonly bytes: number
  readonly series: number
}

/** Scrapes on request, in a thread of its own. */
parentPort?.on('message', () => {
  void scrape(String(workerData)).then((result) => parentPort?.postMessage(result))
})

async function scrape(url: string): Promise<Scrape> {
  const startedMs = performance.now()
  // As Prometheus does, but without gzip, whose cost is not measured.
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
  const text = await response.text()
  const wallMs = performance.now() - startedMs
  const lines = text.split('\n')
  return {
    wallMs,
    bytes: text.length,
    series: lines.filter((line) => line !== '' && !line.startsWith('#')).length,
  }
}
