import swagger from '@fastify/swagger'
import { Type } from 'typebox'
import { PROBLEM_RESPONSES } from '../problem.ts'
import type { TypedApp } from '../typed-app.ts'
import { nameSchemas, type JsonObject } from './name-schemas.ts'

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
