import { describe, expect, it } from 'vitest'
import { parseDashboard } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { pictureHash, pictureProblems } from '../../../tools/ops/dashboards/pictures.ts'

const then = parseDashboard({ uid: 'd', panels: [{ title: 'Then' }] })
const now = parseDashboard({ uid: 'd', panels: [{ title: 'Now' }] })
const hashes = { d: pictureHash(now) }

describe('the picture of a dashboard', () => {
  it('is current while the dashboard is unchanged', () => {
    expect(pictureProblems([now], hashes, () => 1000)).toEqual([])
  })

  it('is outdated once the dashboard has changed', () => {
    expect(pictureProblems([then], hashes, () => 1000)).toEqual([
      'the picture of d is older than the dashboard: npm run dashboards:pictures',
    ])
  })

  it('is reported as missing', () => {
    expect(pictureProblems([now], hashes, () => null)).toEqual([
      'd has no picture: npm run dashboards:pictures',
    ])
    expect(pictureProblems([now], {}, () => 1000)).toHaveLength(1)
  })

  it('is small enough for a README', () => {
    expect(pictureProblems([now], hashes, () => 300_001)).toEqual([
      'the picture of d has 300001 bytes, more than 300000',
    ])
  })
})
