import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SEEDED_FAULTS } from '../../tools/containers/seeded-faults.ts'
import { ROOT } from '../../tools/ops/programs.ts'

it.each(SEEDED_FAULTS)('finds the place of the seeded fault: $title', ({ file, from, to }) => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  expect(text).toContain(from)
  expect(text.replace(from, to)).not.toBe(text)
})
