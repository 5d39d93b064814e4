import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { BUILT_PAGE, DIGEST_FILE, digestSources } from './built-page.ts'
import { renderRunbookPages } from './runbook-pages.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = join(ROOT, 'web')
const COPIED = ['index.html', 'icon.svg']
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
  for (const name of COPIED) files.set(name, readFileSync(join(PAGE, name)))
  for (const [name, bytes] of renderRunbookPages(join(ROOT, 'docs', 'runbooks'))) {
    files.set(name, bytes)
  }
  files.set('licences.txt', Buffer.from(readLicences()))
  files.set(DIGEST_FILE, Buffer.from(digest))
  replaceFolder(files)
}

async function bundle(isSilent: boolean): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { page: join(PAGE, 'main.ts'), style: join(PAGE, 'css', 'page.css') },
    outdir: BUILT_PAGE,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.woff2': 'file' },
    assetNames: '[name]',
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
