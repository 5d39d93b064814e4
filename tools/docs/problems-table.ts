import { PROBLEM_KINDS } from '../../src/http/errors/problem.ts'

const INTRODUCTION = `# Problems

Generated from \`src/http/errors/problem.ts\` by \`npm run docs:generate\`; do not edit.

Every error of the HTTP interface is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`,
\`status\`, \`detail\` and \`instance\`. \`type\` is a relative URI reference and the member to branch
on; texts may change. \`/problems/not-owned\` also has \`partition\`; \`/problems/not-live\` has
\`state\`, \`reason\` and \`sinceMs\`; \`/problems/not-ready\` has \`checks\` with the failing ones;
\`/problems/bad-request\` has \`knownParameters\` where a query parameter is unknown.

| type | status | title |
| --- | --- | --- |
`

/** Renders the reference page of the HTTP problem types. */
export function renderProblemsPage(): string {
  const rows = Object.entries(PROBLEM_KINDS).map(([name, { type, status, title }]) => {
    // The generic type has the status of the framework's refusal.
    const statusText = name === 'requestRefused' ? 'other 4xx' : String(status)
    return `| \`${type}\` | ${statusText} | ${title} |`
  })
  return `${INTRODUCTION}${rows.join('\n')}\n`
}
