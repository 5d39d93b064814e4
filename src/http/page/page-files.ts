import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { messageOf } from '../../errors.ts'

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

/** The live page as it was built. */
export interface LivePage {
  /** By name; empty where the page cannot be served. */
  readonly files: ReadonlyMap<string, PageFile>
  /** Why it cannot be served; null where it can. */
  readonly problem: string | null
}

/**
 * Reads and packs the files of the page, once: they are few and small. Files of a kind that a page is not
 * made of are skipped. A page of which a file is missing or cannot be read is not served at all.
 */
export function readLivePage(folder: URL = PAGE_FOLDER): LivePage {
  try {
    const files = readPageFiles(folder)
    if (files.has('index.html')) return { files, problem: null }
    return { files: new Map(), problem: 'there is no index.html' }
  } catch (error) {
    return { files: new Map(), problem: messageOf(error) }
  }
}

function readPageFiles(folder: URL): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(folder)) {
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

function etagOf(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
}
