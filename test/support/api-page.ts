import { readFileSync } from 'node:fs'

const PAGE = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

/** The examples of docs/api.md in one language, in order. */
export function examples(language: string): string[] {
  return [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )
}
