import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { ALLOWED, PHRASES, RETIRED } from './retired-words.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CODE = /\.ts$/
const TEXT = /\.(ts|md|html|css|mjs|js|sh|ya?ml)$|(^|\/)Dockerfile$|^\.ci\//
/** Excluded: lock files, generated clients, recorded data, and files that list the words themselves. */
const SKIPPED =
  /^(package-lock\.json|client\/api-types\.ts|tools\/check\/retired-words\.ts|test\/tools\/check\/words\.test\.ts|docs\/decisions\.md|docs\/openapi\.json|test\/support\/otlp\/|tools\/dashboard-pictures\/)/

export interface Finding {
  readonly file: string
  readonly line: number
  readonly found: string
  readonly instead: string
}

/** Splits `lastPictureMs`, `LAST_PICTURE` and `last_picture` into lower-case words. */
function wordsOf(identifier: string): string[] {
  return identifier
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[_$]/g, ' ')
    .toLowerCase()
    .trim()
    .split(/\s+/)
}

function isAllowed(file: string, word: string): boolean {
  return ALLOWED.some(
    ({ words, files }) => words.includes(word) && files.some((start) => file.startsWith(start)),
  )
}

/** Finds retired words in the identifiers of a TypeScript file. */
export function findIdentifiers(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const findings: Finding[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const words = ` ${wordsOf(node.text.replace('#', '')).join(' ')} `
      for (const [word, instead] of Object.entries(RETIRED)) {
        if (!words.includes(` ${word} `) || isAllowed(file, word)) continue
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
        findings.push({ file, line: line + 1, found: node.text, instead })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

/** Finds retired phrases anywhere in a file: comments, messages, prose. */
export function findPhrases(file: string, text: string): Finding[] {
  const findings: Finding[] = []
  for (const [index, line] of text.split('\n').entries()) {
    for (const [phrase, instead] of Object.entries(PHRASES)) {
      const match = new RegExp(`(?<![\\w-])(?:${phrase})(?![\\w-])`, 'i').exec(line)
      if (match === null || isAllowed(file, match[0].toLowerCase())) continue
      findings.push({ file, line: index + 1, found: match[0], instead })
    }
  }
  return findings
}

/** Retired words in the name of a file or folder. */
export function findInPath(file: string): Finding[] {
  const spaced = ` ${file.replaceAll(/[^a-zA-Z]+/g, ' ').toLowerCase()} `
  return Object.entries(RETIRED)
    .filter(([word]) => spaced.includes(` ${word} `) && !isAllowed(file, word))
    .map(([word, instead]) => ({ file, line: 0, found: word, instead }))
}

function trackedFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return output
    .split('\n')
    .filter((file) => file !== '' && TEXT.test(file) && !SKIPPED.test(file))
    .filter((file) => existsSync(join(ROOT, file)))
}

/** All findings of the repository: names of files, identifiers of code, and every phrase of a text. */
function findAll(): Finding[] {
  return trackedFiles().flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return [
      ...findInPath(file),
      ...(CODE.test(file) ? findIdentifiers(file, text) : []),
      ...findPhrases(file, text),
    ]
  })
}

if (import.meta.main) {
  const findings = findAll()
  for (const { file, line, found, instead } of findings) {
    process.stdout.write(`${file}:${line} "${found}" is retired, use: ${instead}\n`)
  }
  if (findings.length > 0) process.exitCode = 1
}
