import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

const DESCRIPTION = `Current Deribit order books, and the lag of every stage from the exchange to this API.

Values that are not current are \`null\`; the state of the book and its reason explain why. Fields that end in \`Ms\` are
milliseconds; times are epoch milliseconds. Amounts are in Deribit's unit of the instrument. Errors are problems
(RFC 9457): branch on their \`type\`. Unknown query parameters are refused with status 400, except by the probes and
\`/metrics\`, which ignore them.`

/** Registers the OpenAPI generator. It describes the routes that are added after it has loaded. */
export function registerOpenApi(app: TypedApp, version: string): void {
  void app.register(swagger, {
    // The server URL is not a prefix of the routes.
    stripBasePath: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'orderbook-exporter',
        version,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // Relative to the URL of the document, because a proxy may add a prefix.
      servers: [{ url: '.', description: 'the process that serves this document' }],
      tags: [
        { name: 'books', description: 'Order books and their states' },
        { name: 'pipeline', description: 'Delivery and lag of the data' },
        { name: 'operation', description: 'Probes, metrics and this document' },
      ],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'The value of `HTTP_AUTH_TOKEN`. Not required if that is unset.',
          },
        },
      },
      security: [{}, { token: [] }],
    },
  })
}

/** Adds the route of the OpenAPI document. Call it after the documented routes are added. */
export function addOpenApiRoute(app: TypedApp): void {
  let document: JsonObject | undefined
  app.get(
    '/openapi.json',
    {
      config: { isPublic: true },
      schema: {
        operationId: 'getOpenApi',
        summary: 'Get the OpenAPI document',
        description: 'OpenAPI 3.1, generated from the schemas that also serialize the responses.',
        tags: ['operation'],
        security: [],
        response: {
          200: Type.Object({}, { additionalProperties: true, description: 'OpenAPI document' }),
          ...PROBLEM_RESPONSES,
        },
      },
    },
    () => (document ??= nameSchemas(JSON.parse(JSON.stringify(app.swagger())) as JsonObject)),
  )
}

/** Allows the documentation page to load only its own files. */
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
 * Redirects within the documentation, by path. The targets are relative, because a proxy may add a prefix.
 */
const REDIRECTS: Readonly<Record<string, string>> = {
  // The UI resolves its files relative to the URL, which a query breaks.
  '/docs?': 'docs',
  '/docs/?': '../docs/',
  // Aliases of the page: one would redirect to an absolute path, the other does not find the document.
  '/docs/static/index.html': '../',
  '/docs/static/index.html?': '../',
  '/docs/static/': '../',
  '/docs/static/?': '../',
}

/** Adds the Swagger UI for the OpenAPI document. Its files contain no market data. */
export async function addDocsRoutes(app: TypedApp): Promise<void> {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isPublic: true, ignoresQuery: true }
    // The files are large and rarely requested: compression is not worth its cost.
    route.compress = false
  })
  app.addHook('onRequest', redirect)
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // URLs in the page are relative: ./docs/static from /docs, ./static from /docs/.
    indexPrefix: '.',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'orderbook-exporter' },
    uiConfig: { deepLinking: true, displayRequestDuration: true, persistAuthorization: false },
    transformSpecification: (document) => ({
      ...nameSchemas(JSON.parse(JSON.stringify(document)) as JsonObject),
      // Relative to /docs/json, from which the UI reads the document.
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

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject
type JsonObject = { [name: string]: Json }

/**
 * Moves every schema with a title to `components.schemas` and replaces it by a reference, so that generated
 * clients have one named type for each.
 * @throws Error if two different schemas have the same title
 */
function nameSchemas(document: JsonObject): JsonObject {
  const named = new Map<string, Json>()
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    const walked: JsonObject = {}
    for (const [name, member] of Object.entries(value)) walked[name] = walk(member)
    const { title, type } = walked
    // Without a type, `title` is an ordinary property, as in the schema of a problem.
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
