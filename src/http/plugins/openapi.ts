import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const DESCRIPTION = `Order books of Deribit as they are now, and the lag of every hop on the way.

A number that is not true now is absent: \`null\`, with the state of its book and the reason beside it. Times are epoch
milliseconds and end in \`Ms\`; amounts are in Deribit's unit of the instrument. Errors are problems (RFC 9457); branch
on their \`type\`. An unknown query parameter is one, with status 400; probes and \`/metrics\` ignore all.`

/** Watches the routes that are added after it has loaded, to describe them. */
export function registerOpenApi(app: TypedApp, version: string): void {
  void app.register(swagger, {
    // The address of the server is no prefix of the routes.
    stripBasePath: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'orderbook-exporter',
        version,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // Relative to the address of the document: a proxy may have put a prefix before it.
      servers: [{ url: '.', description: 'the process that gave this document' }],
      tags: [
        { name: 'books', description: 'What the books say' },
        { name: 'pipeline', description: 'How the data comes here' },
        { name: 'operation', description: 'For operators and their machines' },
      ],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'The value of `HTTP_AUTH_TOKEN`; nothing is needed where that is unset.',
          },
        },
      },
      security: [{}, { token: [] }],
    },
  })
}

/** The document itself; after the routes that it describes. */
export function addOpenApiRoute(app: TypedApp): void {
  let document: JsonObject | undefined
  app.get(
    '/openapi.json',
    {
      config: { isPublic: true },
      schema: {
        operationId: 'getOpenApi',
        summary: 'This document',
        description: 'OpenAPI 3.1, made from the schemas that the answers are checked by.',
        tags: ['operation'],
        security: [],
        response: {
          200: Type.Object({}, { additionalProperties: true, description: 'an OpenAPI document' }),
          ...PROBLEM_RESPONSES,
        },
      },
    },
    () => (document ??= nameSchemas(JSON.parse(JSON.stringify(app.swagger())) as JsonObject)),
  )
}

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
  '/docs/?': '../openapi/',
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

/** A value of JSON; an object of it is a document. */
export type Json = null | boolean | number | string | Json[] | JsonObject
type JsonObject = { [name: string]: Json }

/**
 * Moves every schema with a title to `components.schemas`, under that title, and refers to it where it
 * stood: who generates a client gets types with names, each once.
 * @throws Error where two schemas have the same title
 */
function nameSchemas(document: JsonObject): JsonObject {
  const named = new Map<string, Json>()
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    const walked: JsonObject = {}
    for (const [name, member] of Object.entries(value)) walked[name] = walk(member)
    const { title, type } = walked
    // Elsewhere, as in the properties of a problem, `title` is a word like any other.
    if (typeof title !== 'string' || type === undefined) return walked
    const known = named.get(title)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked)) {
      throw new Error(`two schemas have the title ${title}`)
    }
    named.set(title, walked)
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = walk(document['paths'] ?? {})
  const components = document['components'] ?? {}
  const schemas = Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    ...document,
    paths,
    components: { ...(isObject(components) ? components : {}), schemas },
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
