import { createHash } from 'node:crypto'
import type { PageFile } from './page-files.ts'

const INLINE_SCRIPT = /<script>([^]*?)<\/script>/g

/** Nothing from elsewhere, and nothing inline but the scripts that the built page holds, by their hash. */
export function contentSecurityPolicy(files: ReadonlyMap<string, PageFile>): string {
  const html = files.get('index.html')?.plain.bytes.toString('utf8') ?? ''
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(([, script = '']) => hashSource(script))
  return [
    "default-src 'none'",
    ['script-src', "'self'", ...hashes].join(' '),
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

function hashSource(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
}
