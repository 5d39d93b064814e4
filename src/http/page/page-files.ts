import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Where the build puts the page; it lies beside `src/` and `dist/` alike. */
const PAGE_FOLDER = new URL('../../../dist/page/', import.meta.url)

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** One form of a file: as it is, or packed. */
export interface PageBody {
  readonly bytes: Buffer
  /** A strong one: the two forms of a file have different ones. */
  readonly etag: string
}

export interface PageFile {
  readonly mediaType: string
  readonly plain: PageBody
  /** null where packing gains nothing. */
  readonly gzip: PageBody | null
}

/**
 * The files of the page by name, read and packed once: they are few and small. Files of a kind that a
 * page is not made of are left out. Empty where the page was not built.
 */
export function readPageFiles(folder: URL = PAGE_FOLDER): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of listFiles(folder)) {
    const mediaType = MEDIA_TYPES[extname(name)]
    if (mediaType === undefined) continue
    const bytes = readFileSync(new URL(name, folder))
    const packed = gzipSync(bytes)
    files.set(name, {
      mediaType,
      plain: { bytes, etag: etagOf(bytes) },
      gzip: packed.length < bytes.length * 0.9 ? { bytes: packed, etag: etagOf(packed) } : null,
    })
  }
  return files
}

function listFiles(folder: URL): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
}
