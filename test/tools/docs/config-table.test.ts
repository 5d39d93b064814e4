import { expect, it } from 'vitest'
import { settingRows } from '../../../src/config/describe.ts'
import { renderConfigPage } from '../../../tools/docs/config-table.ts'

const CELLS = 4

it('docs/config.md has a row of four cells per setting, whatever its text', () => {
  const rows = renderConfigPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows).toHaveLength(settingRows().length)
  for (const row of rows) expect([row, row.split(/(?<!\\)\|/).length - 2]).toEqual([row, CELLS])
  expect(rows.find((row) => row.includes('`INSTRUMENTS`'))).toContain('future\\|option\\|spot')
})
