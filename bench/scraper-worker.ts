import { parentPort, workerData } from 'node:worker_threads'

export interface Scrape {
  readonly wallMs: number
  readonly bytes: number
  readonly series: number
}

/** Reads the page each time that it is asked to, beside the loop that renders it. */
parentPort?.on('message', () => {
  void scrape(String(workerData)).then((result) => parentPort?.postMessage(result))
})

async function scrape(url: string): Promise<Scrape> {
  const startedMs = performance.now()
  // As Prometheus does, but without gzip, whose cost is not that of the page.
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
