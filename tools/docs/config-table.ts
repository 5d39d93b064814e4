import { settingRows } from '../../src/config/settings-table.ts'

const INTRODUCTION = `# Settings

Generated from \`src/config/settings.ts\` by \`npm run docs:generate\`; do not edit.

Environment variables; an empty one counts as unset. A value that is not allowed ends the start with exit
code 2 and one line for every problem. A variable that begins like one of ours but is unknown is an error
when it is close to a known name, else a warning.

| variable | default | meaning | allowed |
| --- | --- | --- | --- |
`

const STANDARD = `
Tracing is switched on by the standard variables of OpenTelemetry (\`OTEL_*\`): [tracing.md](tracing.md).
`

/** The reference page of the settings. */
export function renderConfigPage(): string {
  const rows = settingRows().map(({ name, default: fallback, description, allowed }) => {
    const written = fallback === '' ? 'unset' : `\`${fallback}\``
    return `| \`${name}\` | ${written} | ${description} | ${allowed} |`
  })
  return `${INTRODUCTION}${rows.join('\n')}\n${STANDARD}`
}
