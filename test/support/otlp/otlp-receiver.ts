import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { registerCleanUp } from '../clean-up.ts'

/** A received span; ids in hexadecimal, empty if absent. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly startTimeMs: number
  readonly endTimeMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** Name of the status; empty if not set. */
  readonly status: string
  readonly isParentRemote: boolean
  readonly resource: Readonly<Record<string, string | number | boolean>>
  /** Version of the semantic conventions that its scope names. */
  readonly schemaUrl: string
}

interface WireValue {
  stringValue?: string
  intValue?: string
  boolValue?: boolean
  doubleValue?: number
}
interface WireAttribute {
  key: string
  value: WireValue
}
interface WireLink {
  traceId: Uint8Array
  spanId: Uint8Array
}
interface WireSpan extends WireLink {
  parentSpanId: Uint8Array
  name: string
  kind: string
  flags: number
  /** Absent where it is 0, as the format leaves defaults out. */
  startTimeUnixNano?: string
  endTimeUnixNano?: string
  attributes: WireAttribute[]
  links: WireLink[]
  status: { code?: string } | null
}
interface WireRequest {
  resourceSpans: {
    resource: { attributes: WireAttribute[] }
    scopeSpans: { spans: WireSpan[]; schemaUrl: string }[]
  }[]
}

/** Bit of `Span.flags` in the official definition: the parent is known to be remote. */
const IS_REMOTE = 0x200
const JSON_TYPE = 'application/json'
const CONTENT_TYPES = ['application/x-protobuf', JSON_TYPE]
const ID_FIELDS = ['traceId', 'spanId', 'parentSpanId']
const FOLDER = fileURLToPath(new URL('.', import.meta.url))

async function loadRequestType(): Promise<protobuf.Type> {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => `${FOLDER}${target}`
  await root.load('opentelemetry/proto/collector/trace/v1/trace_service.proto')
  return root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest')
}

/** An OTLP/HTTP collector on loopback that keeps received spans; stops with the test. */
export async function startOtlpReceiver() {
  const type = await loadRequestType()
  const spans: ReceivedSpan[] = []
  const problems: string[] = []
  let status = 200
  const requestHeaders: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      requestHeaders.push(request.headers)
      if (request.url !== '/v1/traces' || request.method !== 'POST') problems.push('wrong address')
      const contentType = request.headers['content-type'] ?? ''
      if (!CONTENT_TYPES.includes(contentType)) problems.push('wrong type')
      // 0 = no response.
      if (status === 0) return
      const message = contentType === JSON_TYPE ? fromJson(type, body) : type.decode(body)
      if (status === 200) spans.push(...readSpans(type, message))
      const answer = contentType === JSON_TYPE ? '{}' : ''
      response.writeHead(status, { 'content-type': contentType }).end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  registerCleanUp(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    problems,
    requests: () => requestHeaders.length,
    /** Headers of each request. */
    requestHeaders,
    /** Status of further responses; 0 = no response. */
    answer(next: number): void {
      status = next
    },
    /** The spans of a trace, oldest first. */
    trace: (traceId: string) =>
      spans
        .filter((span) => span.traceId === traceId)
        .toSorted((a, b) => a.startTimeMs - b.startTimeMs),
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

/** The JSON form differs from that of Protocol Buffers: ids are hexadecimal. */
function fromJson(type: protobuf.Type, body: Buffer): protobuf.Message {
  const value: unknown = JSON.parse(body.toString(), (key, member: unknown) =>
    ID_FIELDS.includes(key) ? Buffer.from(String(member), 'hex').toString('base64') : member,
  )
  return type.fromObject(value as Record<string, unknown>)
}

function readSpans(type: protobuf.Type, message: protobuf.Message): ReceivedSpan[] {
  const request = type.toObject(message, {
    longs: String,
    enums: String,
    arrays: true,
    defaults: false,
  }) as WireRequest
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans, schemaUrl }) =>
      spans.map((span) => ({ ...readSpan(span, resource.attributes), schemaUrl })),
    ),
  )
}

function readSpan(span: WireSpan, resource: WireAttribute[]): Omit<ReceivedSpan, 'schemaUrl'> {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    kind: span.kind,
    startTimeMs: Number(span.startTimeUnixNano ?? 0) / 1e6,
    endTimeMs: Number(span.endTimeUnixNano ?? 0) / 1e6,
    attributes: readAttributes(span.attributes),
    links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
    status: span.status?.code ?? '',
    isParentRemote: (span.flags & IS_REMOTE) !== 0,
    resource: readAttributes(resource),
  }
}

function hex(id: Uint8Array | undefined): string {
  return id === undefined ? '' : Buffer.from(id).toString('hex')
}

function readAttributes(attributes: WireAttribute[]): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  )
}
