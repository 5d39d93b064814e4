/**
 * The least that anybody would write for a snapshot: one route of Fastify that gives an object. To be
 * forked with the object as its argument; says its address as a message.
 */
import process from 'node:process'
import { fastify } from 'fastify'

const body = JSON.parse(process.argv[2] ?? '{}') as object
const app = fastify()
app.get('/snapshot', () => body)
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.(`${url}/snapshot`)
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
