import protobuf from 'protobufjs'
import { compress } from 'snappy'

/** The part of Prometheus' remote write 1.0 that is sent. */
const SCHEMA = `syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }`
const { root } = protobuf.parse(SCHEMA)
const WriteRequest = root.lookupType('WriteRequest')
const WRITE_MS = 300_000

export interface WrittenSeries {
  /** Sorted by name, with `__name__`. */
  readonly labels: readonly { readonly name: string; readonly value: string }[]
  /** Oldest first. */
  readonly samples: readonly { readonly value: number; readonly timestamp: number }[]
}

/**
 * Writes samples into a Prometheus that was started with `--web.enable-remote-write-receiver`.
 * @throws Error with its answer
 */
export async function remoteWrite(
  url: string,
  timeseries: readonly WrittenSeries[],
): Promise<void> {
  const body = await compress(Buffer.from(WriteRequest.encode({ timeseries }).finish()))
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(WRITE_MS),
  })
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`)
}
