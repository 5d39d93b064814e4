import swaggerUi from '@fastify/swagger-ui'
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

/** A page that shows the OpenAPI document and tries it out; its files hold no data. */
export async function addDocsRoutes(app: TypedApp): Promise<void> {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isPublic: true }
    // Its files are large, and few ask for them: not worth the work.
    route.compress = false
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'orderbook-exporter' },
    uiConfig: { deepLinking: true, displayRequestDuration: true, persistAuthorization: false },
    transformSpecification: (document) =>
      nameSchemas(JSON.parse(JSON.stringify(document)) as JsonObject),
    transformSpecificationClone: false,
  })
}
