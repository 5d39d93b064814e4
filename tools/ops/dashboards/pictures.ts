import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../programs.ts'
import { object, readDashboards, type DashboardModel } from './dashboard-model.ts'

/** Folder of the dashboard pictures, from the project root. */
export const PICTURE_FOLDER = 'docs/dashboards'
/** Hashes of the dashboards that the pictures show. */
export const PICTURE_HASHES = `${PICTURE_FOLDER}/drawn-from.json`
/** Limit, because a reader of the README downloads all of them. */
const MAX_BYTES = 300_000

/** Hash of a dashboard's content; git keeps no file times. */
export function pictureHash({ json }: DashboardModel): string {
  return createHash('sha256').update(JSON.stringify(json)).digest('hex')
}

/** Checks that every dashboard has a current picture. */
export function checkPictures(): Promise<string[]> {
  const hashes = object(JSON.parse(readFileSync(join(ROOT, PICTURE_HASHES), 'utf8')))
  return Promise.resolve(
    pictureProblems(readDashboards(), hashes, (uid) => {
      const path = join(ROOT, PICTURE_FOLDER, `${uid}.png`)
      return statSync(path, { throwIfNoEntry: false })?.size ?? null
    }),
  )
}

/**
 * @param hashes what each picture was drawn from, by uid
 * @param sizeOf bytes of the picture of a uid; null where there is none
 */
export function pictureProblems(
  dashboards: readonly DashboardModel[],
  hashes: Readonly<Record<string, unknown>>,
  sizeOf: (uid: string) => number | null,
): string[] {
  const again = 'npm run dashboards:pictures'
  return dashboards.flatMap((dashboard) => {
    const { uid } = dashboard
    const size = sizeOf(uid)
    if (size === null) return [`${uid} has no picture: ${again}`]
    if (hashes[uid] !== pictureHash(dashboard)) {
      return [`the picture of ${uid} is older than the dashboard: ${again}`]
    }
    return size > MAX_BYTES
      ? [`the picture of ${uid} has ${size} bytes, more than ${MAX_BYTES}`]
      : []
  })
}
