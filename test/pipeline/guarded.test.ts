import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const TOKEN = 'a-token-that-is-in-a-file'
const BTC = 'BTC-PERPETUAL'

describe('a process with a certificate and a token in files', { ...needs('openssl') }, () => {
  it('answers clients with certificate and token, and never reveals the token', async () => {
    const authority = createAuthority()
    const { certFile, keyFile } = authority.sign('service')
    const tokenFile = join(temporaryFolder(), 'token')
    writeFileSync(tokenFile, `${TOKEN}\n`)
    const program = startProcess(process.execPath, ['src/cli.ts', 'demo'], {
      env: {
        HTTP_PORT: '0',
        HTTP_TLS_CERT_FILE: certFile,
        HTTP_TLS_KEY_FILE: keyFile,
        HTTP_AUTH_TOKEN_FILE: tokenFile,
        LOG_LEVEL: 'debug',
      },
    })
    const [, url = ''] = await program.waitForLine(/(https:\S+)\/readyz/)
    const ask = async (path: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const request = get(new URL(path, url), { ca: authority.ca, agent: false, headers })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      return response
    }
    const status = async (path: string, token?: string) => {
      const response = await ask(path, token)
      response.destroy()
      return response.statusCode
    }
    await eventually(async () => expect(await status('/readyz')).toBe(200))
    for (const path of [`/api/v1/snapshots/${BTC}`, '/metrics', '/api/v1/stream']) {
      expect(await status(path)).toBe(401)
      expect(await status(path, `${TOKEN}x`)).toBe(401)
    }
    await eventually(async () => {
      const response = await ask(`/api/v1/snapshots/${BTC}`, TOKEN)
      expect(response.statusCode).toBe(200)
      expect(JSON.parse(await text(response))).toMatchObject({ instrument: BTC, state: 'live' })
    })
    expect(await text(await ask('/metrics', TOKEN))).toContain('orderbook_mid_price{')

    const stream = await ask(`/api/v1/stream?instruments=${BTC}`, TOKEN)
    expect(stream.headers['content-type']).toContain('text/event-stream')
    const [first] = (await once(stream, 'data')) as [Buffer]
    expect(String(first)).toMatch(/^(?:event|id|data|retry|:)/)
    stream.destroy()

    await expect(fetch(url.replace('https:', 'http:'))).rejects.toThrow()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(program.lines.join('\n')).not.toContain(TOKEN)
  })
})
