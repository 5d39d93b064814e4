import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt from 'markdown-it'

/** Prefix of the files of the built page that hold runbooks; the rest is the name of the Markdown file. */
const PREFIX = 'runbook-'

const STYLE = `body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.6 system-ui,sans-serif;color:#1c2128;background:#fff}
h1,h2{line-height:1.2}a{color:#0550ae}
code,pre{font-family:ui-monospace,monospace;font-size:.9em;background:#f2f4f7;overflow-wrap:anywhere}
pre{padding:.8rem;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #d0d7de;padding:.3rem .6rem;text-align:left}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#79c0ff}code,pre{background:#161b22}th,td{border-color:#30363d}}
`

/** Renders the runbooks as files of the built page: static HTML by name, and their style sheet. */
export function renderRunbookPages(folder: string): Map<string, Buffer> {
  const markdown = createRenderer()
  const files = new Map([['runbooks.css', Buffer.from(STYLE)]])
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.md'))) {
    const html = htmlOf(markdown, readFileSync(join(folder, name), 'utf8'))
    files.set(`${PREFIX}${name.replace(/\.md$/, '.html')}`, Buffer.from(html))
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
