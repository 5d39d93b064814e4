import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createAuthority } from './certificates.ts'
import { freePort } from './free-port.ts'
import { SYSTEM_PATH } from './needs.ts'
import { startProcess } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface ReverseProxy {
  /** Strips `/books/`; `/books` is redirected by nginx itself. */
  readonly oneLevel: string
  /** Strips `/outer/`, then `/books/`. */
  readonly twoLevels: string
  /** Strips `/bare` and gives `/bare` itself the answer of `/`, without a redirect. */
  readonly noSlash: string
  /** As `oneLevel`, with TLS up to the proxy. */
  readonly tls: string
}

/** Starts an nginx in front of `upstream` that only strips prefixes; stops with the test. */
export async function startReverseProxy(upstream: string): Promise<ReverseProxy> {
  const folder = temporaryFolder()
  const port = await freePort()
  const tlsPort = await freePort()
  const { certFile, keyFile } = createAuthority().sign('proxy')
  const configFile = join(folder, 'nginx.conf')
  writeFileSync(configFile, nginxConfig({ upstream, port, tlsPort, certFile, keyFile }))
  const words = ['-p', folder, '-e', 'stderr', '-c', configFile]
  const proxy = startProcess('nginx', words, { env: { PATH: SYSTEM_PATH } })
  await proxy.waitForLine(/start worker process \d+/)
  const url = `http://127.0.0.1:${port}`
  return {
    oneLevel: `${url}/books/`,
    twoLevels: `${url}/outer/books/`,
    noSlash: `${url}/bare`,
    tls: `https://127.0.0.1:${tlsPort}/books/`,
  }
}

interface Places {
  readonly upstream: string
  readonly port: number
  readonly tlsPort: number
  readonly certFile: string
  readonly keyFile: string
}

function nginxConfig({ upstream, port, tlsPort, certFile, keyFile }: Places): string {
  // Otherwise root's nginx runs its worker as a user without access to our folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
pid nginx.pid;
worker_processes 1;
error_log stderr notice;
${user}
events {}
http {
  access_log off;
  ${folders.map((name) => `${name}_temp_path ${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location /books/ { proxy_pass ${upstream}/; }
    location /outer/ { proxy_pass http://127.0.0.1:${port}/; }
    location /bare {
      rewrite ^/bare/?(.*)$ /$1 break;
      proxy_pass ${upstream};
    }
  }
  server {
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    location /books/ { proxy_pass ${upstream}/; }
  }
}
`
}
