import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Below the ephemeral range (Linux from 32,768, others from
 * 49,152), so that a program can listen on its port again minutes later.
 */
const LOWEST = 20_000
const HIGHEST = 32_000
/** Far more than the ports in use on a machine. */
const MAX_TRIES = 1000

/** Finds a port of 127.0.0.1 that is free at the time of the call. */
export async function findFreePort(): Promise<number> {
  const [port = 0] = await findFreePorts(1)
  return port
}

/**
 * Finds different ports of 127.0.0.1 that are free at the time of the call.
 * @throws Error where none was found
 */
export async function findFreePorts(count: number): Promise<number[]> {
  // All stay open until the last is found, so that none is returned twice.
  const held = new Map<number, Server>()
  for (let tries = 0; held.size < count; tries += 1) {
    if (tries === MAX_TRIES) throw new Error(`no ${count} free ports from ${LOWEST} to ${HIGHEST}`)
    const port = randomInt(LOWEST, HIGHEST)
    const server = held.has(port) ? null : await listen(port).catch(() => null)
    if (server !== null) held.set(port, server)
  }
  await Promise.all([...held.values()].map(close))
  return [...held.keys()]
}

/** Whether nothing listens on a port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port))
    return true
  } catch {
    return false
  }
}

/** Checks that a port is free. @throws Error that names the port if it is in use */
export async function assertPortFree(port: number): Promise<void> {
  if (await isPortFree(port)) return
  throw new Error(`port ${port} of 127.0.0.1 is in use: --port N chooses another`)
}

function listen(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      resolve(server)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}
