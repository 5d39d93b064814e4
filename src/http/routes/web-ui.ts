import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { messageOf } from '../../errors.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const HEADERS = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Cached but always revalidated, so that files of two versions are never mixed.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
}

const NOT_BUILT =
  'the page is not built; run npm run build:page and restart. The API works without it'

const FileParams = Type.Object({ file: Type.String() })

/** A runbook is a file of the build with this prefix; its links name the Markdown file. */
const runbookFile = (name: string) => `runbook-${name.replace(/\.md$/, '')}.html`

/** Adds the routes of the live page. Its files contain no market data; it reads all values from the API. */
export function addPageRoutes(app: TypedApp, { files }: LivePage): void {
  const headers = { ...HEADERS, 'content-security-policy': contentSecurityPolicy(files) }
  const send = (file: PageFile, request: FastifyRequest, reply: FastifyReply) =>
    sendFile(file, request, reply.headers(headers))
  const schema = { hide: true, response: { 200: Type.Any(), ...PROBLEM_RESPONSES } }
  const config = { isPublic: true, ignoresQuery: true }
  // The files are compressed once, with an ETag of their own.
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
    throw new ProblemError(PROBLEM_KINDS.routeNotFound, 'the page has no file with this name')
  })
  const sendRunbook = (name: string, request: FastifyRequest, reply: FastifyReply) => {
    const file = files.get(runbookFile(name))
    if (file !== undefined) return send(file, request, reply)
    if (files.size === 0) throw new ProblemError(PROBLEM_KINDS.pageNotBuilt, NOT_BUILT)
    throw new ProblemError(PROBLEM_KINDS.routeNotFound, 'there is no runbook with this name')
  }
  // Relative, because a proxy may have removed a prefix of the path.
  app.get('/runbooks', { schema, config }, (_request, reply) => reply.redirect('runbooks/'))
  app.get('/runbooks/', { schema, config, compress }, (request, reply) =>
    sendRunbook('README', request, reply),
  )
  app.get('/runbooks/:file', { schema: fileSchema, config, compress }, (request, reply) =>
    sendRunbook(request.params.file, request, reply),
  )
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

/** Whether `Accept-Encoding` allows gzip. Without the header the response is not compressed. */
function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  const encodings = String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
  const named = (name: RegExp) => encodings.find((encoding) => name.test(encoding))
  const encoding = named(/^\s*gzip\s*(?:;|$)/) ?? named(/^\s*\*\s*(?:;|$)/)
  return encoding !== undefined && !/;\s*q\s*=\s*0(?:\.0*)?\s*$/.test(encoding)
}

/** Output folder of the page build, relative to both `src/` and `dist/`. */
const PAGE_FOLDER = new URL('../../../dist/page/', import.meta.url)

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** One encoding of a file: plain or gzip. */
export interface PageBody {
  readonly bytes: Buffer
  /** Strong ETag; differs between the encodings of a file. */
  readonly etag: string
}

interface PageFile {
  readonly mediaType: string
  readonly plain: PageBody
  /** null if compression gains less than 10 %. */
  readonly gzip: PageBody | null
}

/** The files of the built live page. */
export interface LivePage {
  /** Files by name; empty if the page cannot be served. */
  readonly files: ReadonlyMap<string, PageFile>
  /** Why the page cannot be served; null if it can. */
  readonly problem: string | null
}

/**
 * Reads and compresses the files of the page once. Files of unknown types are skipped. If index.html is
 * missing or a file is unreadable, the page is not served at all.
 */
export function readLivePage(folder: URL = PAGE_FOLDER): LivePage {
  try {
    const files = readPageFiles(folder)
    if (files.has('index.html')) return { files, problem: null }
    return { files: new Map(), problem: 'index.html is missing' }
  } catch (error) {
    return { files: new Map(), problem: messageOf(error) }
  }
}

function readPageFiles(folder: URL): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(folder)) {
    const mediaType = MEDIA_TYPES[extname(name)]
    if (mediaType === undefined) continue
    const bytes = readFileSync(new URL(name, folder))
    const packed = gzipSync(bytes)
    files.set(name, {
      mediaType,
      plain: { bytes, etag: etagOf(bytes) },
      gzip: packed.length < bytes.length * 0.9 ? { bytes: packed, etag: etagOf(packed) } : null,
    })
  }
  return files
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
}

const INLINE_SCRIPT = /<script>([^]*?)<\/script>/g

/** Allows only own files, and the inline scripts of the built page by their hash. */
function contentSecurityPolicy(files: ReadonlyMap<string, PageFile>): string {
  const html = files.get('index.html')?.plain.bytes.toString('utf8') ?? ''
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(([, script = '']) => hashSource(script))
  return [
    "default-src 'none'",
    ['script-src', "'self'", ...hashes].join(' '),
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

function hashSource(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
}
