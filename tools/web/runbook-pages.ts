import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'

/** Prefix of the files of the built page that hold runbooks; the rest is the name of the Markdown file. */
const PREFIX = 'runbook-'

/** Renders the runbooks as files of the built page: static HTML by name. */
export function renderRunbookPages(folder: string): Map<string, string> {
  const markdown = createRenderer()
  const files = new Map<string, string>()
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.md'))) {
    const html = htmlOf(markdown, readFileSync(join(folder, name), 'utf8'))
    files.set(`${PREFIX}${name.replace(/\.md$/, '.html')}`, html)
  }
  return files
}

/** HTML in the text is shown as text, and links may only have harmless schemes. */
function createRenderer(): MarkdownIt {
  const markdown = new MarkdownIt({ html: false, linkify: false })
  // Other documents are not served: their links would lead nowhere.
  const isServed = (url: string) => /^(https?:\/\/|\w+\.md$|#)/.test(url)
  markdown.validateLink = isServed
  return markdown
}

function htmlOf(markdown: MarkdownIt, text: string): string {
  const [, title = ''] = /^# (.+)$/m.exec(text) ?? []
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markdown.utils.escapeHtml(title)}</title>
<link rel="stylesheet" href="../page/runbooks.css">
</head>
<body>
${markdown.render(text)}</body>
</html>
`
}
