import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { ALLOWED, PHRASES, RETIRED } from './retired-words.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CODE = /\.tsx?$/
const TEXT =
  /\.(tsx?|md|html|css|[cm]?js|json|sh|ya?ml|py|java|lua|go|rs|toml|env|properties|tpl|txt|proto)$|(^|\/)Dockerfile$|^\.ci\//
/** Excluded: lock files, generated clients, recorded data, and files that list the words themselves. */
const SKIPPED =
  /(^|\/)package-lock\.json$|^(client\/api-types\.ts|tools\/check\/retired-words\.ts|test\/tools\/check\/words\.test\.ts|test\/support\/otlp\/)|^test\/.*(recordings?|fixtures)\/.*\.json$/
/** Rows of the table of old and new names in docs/decisions.md. */
const OLD_NAMES = /^\|.*`.*\|.*\|$/
/** A space of a phrase may be a line break, in a comment or between two parts of a string. */
const GAP = '(?:[ \\t]|[\'"`]?[ \\t]*\\+?[ \\t]*\\n[ \\t]*(?:\\*|//|#|>)?[ \\t]*[\'"`]?)+'
/** Names inside texts: `snake_case`, `kebab-case` and `camelCase`. */
const NAME = /[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+|[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+/g

export interface Finding {
  readonly file: string
  readonly line: number
  readonly found: string
  readonly instead: string
}

/** Splits `lastPictureMs`, `LAST_PICTURE`, `last_picture` and `last-picture` into lower-case words. */
function wordsOf(identifier: string): string[] {
  return identifier
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .toLowerCase()
    .trim()
    .split(/\s+/)
}

function isAllowed(file: string, word: string): boolean {
  return ALLOWED.some(
    ({ words, files }) => words.includes(word) && files.some((start) => file.startsWith(start)),
  )
}

function findInName(file: string, line: number, name: string): Finding[] {
  const words = ` ${wordsOf(name).join(' ')} `
  return Object.entries(RETIRED)
    .filter(([word]) => words.includes(` ${word} `) && !isAllowed(file, word))
    .map(([, instead]) => ({ file, line, found: name, instead }))
}

/** Finds retired words in the identifiers of a TypeScript file. */
export function findIdentifiers(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const findings: Finding[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      findings.push(...findInName(file, line + 1, node.text))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

/** Finds retired words in names inside a text: label values, metrics, settings, options, classes. */
export function findNames(file: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const names = new Set(line.match(NAME))
    return [...names].flatMap((name) => findInName(file, index + 1, name))
  })
}

/** Finds retired phrases anywhere in a file, also across line breaks: comments, messages, prose. */
export function findPhrases(file: string, text: string): Finding[] {
  const findings: Finding[] = []
  for (const [phrase, instead] of Object.entries(PHRASES)) {
    const pattern = `(?<![\\w-])(?:${phrase.replaceAll(' ', GAP)})(?![\\w-])`
    for (const { 0: found, index } of text.matchAll(new RegExp(pattern, 'gi'))) {
      if (isAllowed(file, found.toLowerCase())) continue
      const line = text.slice(0, index).split('\n').length
      findings.push({ file, line, found, instead })
    }
  }
  return findings
}

/** Retired words in the name of a file or folder. */
export function findInPath(file: string): Finding[] {
  return findInName(file, 0, file).map((finding) => ({ ...finding, found: file }))
}

/** All findings in the files of a repository that are tracked or not ignored. */
export function findAll(root: string): Finding[] {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const files = listing.split('\n').filter((file) => file !== '' && existsSync(join(root, file)))
  return files.flatMap((file) => {
    if (SKIPPED.test(file)) return []
    if (!TEXT.test(file)) return findInPath(file)
    const text = readText(root, file)
    const findings = [
      ...findInPath(file),
      ...(CODE.test(file) ? findIdentifiers(file, text) : []),
      ...findNames(file, text),
      ...findPhrases(file, text),
    ]
    const keys = findings.map(({ line, found }) => `${line} ${found}`)
    return findings.filter((_, index) => keys.indexOf(keys[index] ?? '') === index)
  })
}

function readText(root: string, file: string): string {
  const text = readFileSync(join(root, file), 'utf8')
  if (file !== 'docs/decisions.md') return text
  return text
    .split('\n')
    .map((line) => (OLD_NAMES.test(line) ? '' : line))
    .join('\n')
}

if (import.meta.main) {
  const findings = findAll(ROOT)
  for (const { file, line, found, instead } of findings) {
    process.stdout.write(`${file}:${line} ${JSON.stringify(found)} is retired, use: ${instead}\n`)
  }
  if (findings.length > 0) process.exitCode = 1
}
