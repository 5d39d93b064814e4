import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TypedApp } from '../typed-app.ts'
import { nameSchemas, type JsonObject } from './name-schemas.ts'

/** All that a page of ours may load: its own files. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Where a request is better answered by another address of the docs, by its path. All relative: a proxy
 * may have put a prefix before them.
 */
const REDIRECTS: Readonly<Record<string, string>> = {
  // The UI finds its files by the address as it is, in which a query is in the way.
  '/docs?': 'docs',
  '/docs/?': './',
  // Other names of the same: one would be redirected to an absolute path, the other finds no document.
  '/docs/static/index.html': '../',
  '/docs/static/index.html?': '../',
  '/docs/static/': '../',
  '/docs/static/?': '../',
}

/** A page that shows the OpenAPI document and tries it out; its files hold no data. */
export async function addDocsRoutes(app: TypedApp): Promise<void> {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isPublic: true, ignoresQuery: true }
    // Its files are large, and few ask for them: not worth the work.
    route.compress = false
  })
  app.addHook('onRequest', redirect)
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Addresses in the page are relative: ./docs/static from /docs, ./static from /docs/.
    indexPrefix: '.',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'orderbook-exporter' },
    uiConfig: { deepLinking: true, displayRequestDuration: true, persistAuthorization: false },
    transformSpecification: (document) => ({
      ...nameSchemas(JSON.parse(JSON.stringify(document)) as JsonObject),
      // Relative to /docs/json, where the UI reads it.
      servers: [{ url: '..' }],
    }),
    transformSpecificationClone: false,
  })
}

function redirect(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const [, key = ''] = /^([^?]*\??)/.exec(request.url) ?? []
  const address = REDIRECTS[key]
  if (address === undefined) done()
  else void reply.redirect(address)
}
