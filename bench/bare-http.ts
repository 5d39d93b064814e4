/**
 * Minimal baseline for a snapshot: one Fastify route that returns an object. Forked
 * with the object as its argument; sends its address as a message.
 */
import process from 'node:process'
import { fastify } from 'fastify'

const body = JSON.parse(process.argv[2] ?? '{}') as object
const app = fastify()
app.get('/snapshot', () => body)
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.(`${url}/snapshot`)
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
