import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = join(ROOT, 'page')
const OUT = join(ROOT, 'dist', 'page')
const COPIED = ['index.html', 'icon.svg']
/** What is shipped inside the page, whose licences want to be shipped with it. */
const SHIPPED = ['uplot', '@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono']

/** Bundles `page/` into `dist/page/`, from where both the sources and the package serve it. */
export async function buildPage(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true })
  mkdirSync(OUT, { recursive: true })
  await build({
    entryPoints: { page: join(PAGE, 'main.ts'), style: join(PAGE, 'css', 'page.css') },
    outdir: OUT,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.woff2': 'file' },
    assetNames: '[name]',
    legalComments: 'none',
    tsconfig: join(PAGE, 'tsconfig.json'),
    logLevel: 'warning',
  })
  for (const name of COPIED) copyFileSync(join(PAGE, name), join(OUT, name))
  const licences = SHIPPED.map((name) => {
    const text = readFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8')
    return `${name}\n\n${text}`
  })
  writeFileSync(join(OUT, 'licences.txt'), licences.join('\n\n'))
}
