import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../problem.ts'
import type { TypedApp } from '../typed-app.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import type { LivePage, PageFile } from './page-files.ts'

const HEADERS = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Kept, but asked for each time: the files of two versions are never mixed.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
}

const NOT_BUILT =
  'the page was not built, the API answers without it; npm run build:page builds it for the next start'

const FileParams = Type.Object({ file: Type.String() })

/** The live page. It holds no data: what it shows it asks from the API. */
export function addPageRoutes(app: TypedApp, { files }: LivePage): void {
  const headers = { ...HEADERS, 'content-security-policy': contentSecurityPolicy(files) }
  const send = (file: PageFile, request: FastifyRequest, reply: FastifyReply) =>
    sendFile(file, request, reply.headers(headers))
  const schema = { hide: true, response: { 200: Type.Any(), ...PROBLEM_RESPONSES } }
  const config = { isPublic: true, ignoresQuery: true }
  // Packed once and for all, with a tag of its own; nobody else is to pack it again.
  const compress = false
  app.get('/', { schema, config, compress }, (request, reply) => {
    const file = files.get('index.html')
    if (file !== undefined) return send(file, request, reply)
    throw new ProblemError(PROBLEM_KINDS.pageNotBuilt, NOT_BUILT)
  })
  const fileSchema = { ...schema, params: FileParams }
  app.get('/page/:file', { schema: fileSchema, config, compress }, (request, reply) => {
    const file = files.get(request.params.file)
    if (file !== undefined) return send(file, request, reply)
    throw new ProblemError(PROBLEM_KINDS.routeNotFound, 'the page has no such file')
  })
}

function sendFile(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const packed = acceptsGzip(request.headers['accept-encoding']) ? file.gzip : null
  const { bytes, etag } = packed ?? file.plain
  void reply.header('etag', etag)
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim())
  if (known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)) {
    return reply.code(304).send()
  }
  if (packed !== null) void reply.header('content-encoding', 'gzip')
  return reply.type(file.mediaType).send(bytes)
}

/** Whether a client that names what it takes takes gzip; one that names nothing gets it plain. */
function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  const encodings = String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
  const named = (name: RegExp) => encodings.find((encoding) => name.test(encoding))
  const encoding = named(/^\s*gzip\s*(?:;|$)/) ?? named(/^\s*\*\s*(?:;|$)/)
  return encoding !== undefined && !/;\s*q\s*=\s*0(?:\.0*)?\s*$/.test(encoding)
}
