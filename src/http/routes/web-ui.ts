import { createHash } from 'node:crypto'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { messageOf } from '../../errors.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const HEADERS = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept-encoding',
}

/**
 * HTML is always sent in full: @fastify/static derives validators from the size and time of a file,
 * which may be equal in two packages with different content.
 */
const HTML = { etag: false, lastModified: false, cacheControl: false } as const

/** Names of the other files contain a hash of their content, so they are cached for a year. */
const HASHED = { maxAge: '365d', immutable: true } as const

const FILE_NAME = /^[\w-]+\.(?:css|js|svg|txt|woff2)$/
const RUNBOOK_NAME = /^(\w+)(?:\.md)?$/

const NOT_BUILT =
  'the page is not built; run npm run build:page and restart. The API works without it'

interface Named {
  Params: { file: string }
}

/** Adds the routes of the live page. Its files contain no market data; it reads all values from the API. */
export function addPageRoutes(app: TypedApp, page: LivePage): void {
  const schema = { hide: true, response: { 200: Type.Any(), ...PROBLEM_RESPONSES } }
  // The files are compressed by the build.
  const options = {
    schema,
    config: { isPublic: true, ignoresQuery: true },
    compress: false as const,
  }
  // Relative, because a proxy may have removed a prefix of the path.
  app.get('/runbooks', options, (_request, reply) => reply.redirect('runbooks/'))
  if (page.problem === null) {
    // In a scope of its own, because the plugin decorates the replies of its scope.
    void app.register((scope: TypedApp) => addFileRoutes(scope, page, options))
    return
  }
  for (const url of ['/', '/runbooks/', '/runbooks/:file']) {
    app.get(url, options, () => {
      throw new ProblemError(PROBLEM_KINDS.pageNotBuilt, NOT_BUILT)
    })
  }
}

async function addFileRoutes(
  app: TypedApp,
  { folder, contentSecurityPolicy }: LivePage,
  options: object,
): Promise<void> {
  await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true })
  const headers = { ...HEADERS, 'content-security-policy': contentSecurityPolicy }
  const sendHtml = (reply: FastifyReply, name: string) =>
    reply.headers({ ...headers, 'cache-control': 'no-cache' }).sendFile(name, HTML)
  app.get('/', options, (_request, reply) => sendHtml(reply, 'index.html'))
  app.get<Named>('/page/:file', options, ({ params }, reply) => {
    if (!FILE_NAME.test(params.file)) return reply.callNotFound()
    return reply.headers(headers).sendFile(params.file, HASHED)
  })
  app.get('/runbooks/', options, (_request, reply) => sendHtml(reply, 'runbook-README.html'))
  app.get<Named>('/runbooks/:file', options, ({ params }, reply) => {
    const [, name] = RUNBOOK_NAME.exec(params.file) ?? []
    return name === undefined ? reply.callNotFound() : sendHtml(reply, `runbook-${name}.html`)
  })
}

/** Output folder of the page build, relative to both `src/` and `dist/`. */
const PAGE_FOLDER = new URL('../../../dist/page/', import.meta.url)

/** The built live page. */
export interface LivePage {
  readonly folder: string
  /** Value of the header, computed from index.html. */
  readonly contentSecurityPolicy: string
  /** Why the page cannot be served; null if it can. */
  readonly problem: string | null
}

/**
 * Checks the built page. If index.html is missing or a file is unreadable, the page is not served.
 */
export function readLivePage(folder: URL = PAGE_FOLDER): LivePage {
  let html = ''
  let problem: string | null = null
  try {
    html = readFileSync(new URL('index.html', folder), 'utf8')
    for (const name of readdirSync(folder)) accessSync(new URL(name, folder), constants.R_OK)
  } catch (error) {
    problem = messageOf(error)
  }
  return {
    folder: fileURLToPath(folder),
    contentSecurityPolicy: contentSecurityPolicy(html),
    problem,
  }
}

const INLINE_SCRIPT = /<script>([^]*?)<\/script>/g

/** Allows only own files, and the inline scripts of the built page by their hash. */
function contentSecurityPolicy(html: string): string {
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
