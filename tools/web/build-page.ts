import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { BUILT_PAGE, DIGEST_FILE, digestSources } from './built-page.ts'
import { renderRunbookPages } from './runbook-pages.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = join(ROOT, 'web')
/** Packages bundled into the page, whose licences must be shipped. */
const SHIPPED = ['uplot', '@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono']

/**
 * Bundles `web/` into `dist/page/` and renders the runbooks there, from where sources and package serve it. The previous page
 * stays until the new one is complete.
 * @param options.isSilent suppresses the messages of the bundler
 * @throws Error where bundling or writing fails
 */
export async function buildPage({ isSilent = false } = {}): Promise<void> {
  const digest = digestSources()
  const files = await bundle(isSilent)
  const texts = renderRunbookPages(join(ROOT, 'docs', 'runbooks'))
  texts.set('index.html', readFileSync(join(PAGE, 'index.html'), 'utf8'))
  const refer = referenceWriter([...files.keys()])
  for (const [name, html] of texts) files.set(name, Buffer.from(refer(html)))
  files.set('licences.txt', Buffer.from(readLicences()))
  addCompressed(files)
  files.set(DIGEST_FILE, Buffer.from(digest))
  replaceFolder(files)
}

/** Hash that the bundler adds to a name. */
const HASHED_NAME = /^(.+)-[A-Z0-9]{8}(\.\w+)$/
const REFERENCE = /(?<==")((?:\.\.\/)?page\/)([^"]+)(?=")/g

/**
 * Replaces the names in references to files of the page by those with a hash.
 * @throws Error where no such file is built
 */
function referenceWriter(names: readonly string[]): (html: string) => string {
  const hashed = new Map(names.map((name) => [name.replace(HASHED_NAME, '$1$2'), name]))
  return (html) =>
    html.replace(REFERENCE, (_found, folder: string, name: string) => {
      const file = hashed.get(name)
      if (file === undefined) throw new Error(`the page refers to ${name}, which is not built`)
      return folder + file
    })
}

/** Adds the encodings that clients accept to all files that they make smaller. */
function addCompressed(files: Map<string, Uint8Array>): void {
  for (const [name, bytes] of [...files]) {
    if (extname(name) === '.woff2') continue
    files.set(`${name}.gz`, gzipSync(bytes))
    files.set(`${name}.br`, brotliCompressSync(bytes))
  }
}

async function bundle(isSilent: boolean): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: {
      page: join(PAGE, 'main.ts'),
      style: join(PAGE, 'css', 'page.css'),
      runbooks: join(PAGE, 'css', 'runbooks.css'),
      icon: join(PAGE, 'icon.svg'),
    },
    outdir: BUILT_PAGE,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.woff2': 'file', '.svg': 'copy' },
    // Names by content can be cached without limit, and files of two versions are never mixed.
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    legalComments: 'none',
    tsconfig: join(PAGE, 'tsconfig.json'),
    logLevel: isSilent ? 'silent' : 'warning',
  })
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]))
}

function readLicences(): string {
  const texts = SHIPPED.map((name) => {
    const text = readFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8')
    return `${name}\n\n${text}`
  })
  return texts.join('\n\n')
}

/** Writes the files beside the old folder, then replaces it. */
function replaceFolder(files: ReadonlyMap<string, Uint8Array>): void {
  const fresh = `${BUILT_PAGE}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  try {
    for (const [name, bytes] of files) writeFileSync(join(fresh, name), bytes)
    rmSync(BUILT_PAGE, { recursive: true, force: true })
    renameSync(fresh, BUILT_PAGE)
  } catch (error) {
    // Another process has built the page first.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
