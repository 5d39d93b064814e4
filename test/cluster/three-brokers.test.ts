import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { FULL_LOAD, LIGHT_LOAD, LONG } from '../outage/under-load.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { isSoak } from '../support/soak.ts'
import { startClusterUnderLoad, TOPIC, truncateLogs } from './cluster-under-load.ts'

const LOADED = 'BTC-PERPETUAL'
const TRUNCATED_BYTES = 5000
const TOPIC_RESOURCE = 2

type ClusterUnderLoad = Awaited<ReturnType<typeof startClusterUnderLoad>>

/** Gives each partition two of the nodes as replicas, without its present leader. */
async function moveAway({ admin, cluster, partitions }: ClusterUnderLoad): Promise<void> {
  const found = await partitions()
  await admin.alterPartitionReassignments({
    topics: [
      {
        topic: TOPIC,
        partitionAssignment: found.map(({ partitionId, leader }) => ({
          partition: partitionId,
          replicas: cluster.nodeIds.filter((id) => id !== leader),
        })),
      },
    ],
  })
  const leaders = new Map(found.map(({ partitionId, leader }) => [partitionId, leader]))
  await eventually(async () => {
    for (const { partitionId, leader, isr } of await partitions()) {
      expect(isr).toHaveLength(2)
      expect(leader).not.toBe(leaders.get(partitionId))
    }
  }, LONG)
}

/** What an operator does to a cluster that stays up; run with `npm run test:soak`. */
const MAINTENANCE: readonly (readonly [string, (load: ClusterUnderLoad) => Promise<void>])[] = [
  [
    'a rolling restart',
    async ({ cluster, untilInSync }) => {
      for (const id of cluster.nodeIds) {
        await cluster.stopNode(id)
        await cluster.startNode(id)
        await untilInSync()
      }
    },
  ],
  [
    'the replacement of a broker by an empty one',
    async ({ cluster, untilInSync }) => {
      const [replaced = 0] = cluster.nodeIds
      await cluster.killNode(replaced)
      await cluster.eraseNode(replaced)
      await cluster.startNode(replaced)
      await untilInSync()
    },
  ],
  [
    'a reassignment of all partitions',
    async (load) => {
      await moveAway(load)
      await load.untilProducing()
      await load.admin.alterPartitionReassignments({
        topics: [
          {
            topic: TOPIC,
            partitionAssignment: (await load.partitions()).map(({ partitionId }) => ({
              partition: partitionId,
              replicas: [...load.cluster.nodeIds],
            })),
          },
        ],
      })
      await load.untilInSync()
    },
  ],
]

const say = (line: string) => process.stdout.write(`${line}\n`)

describe(
  'a cluster of three brokers under load',
  { ...needs('java', 'maven', 'python'), timeout: 600_000 },
  () => {
    let load: ClusterUnderLoad
    /** The node that the last test killed and the next one starts again. */
    let dead = 0

    beforeAll(async () => {
      load = await startClusterUnderLoad(isSoak ? FULL_LOAD : LIGHT_LOAD)
    }, 300_000)

    const setMinInSync = (count: number) =>
      load.admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: TOPIC_RESOURCE,
            name: TOPIC,
            configEntries: [{ name: 'min.insync.replicas', value: String(count) }],
          },
        ],
      })

    it('has the topic on all of them, of which two must acknowledge', async () => {
      const partitions = await load.partitions()
      expect(partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3, 3])
      await load.untilInSync()
    })

    it('continues after the leader of a loaded partition was killed', async () => {
      const partition = partitionOfKey(LOADED, 4)
      const leaderOf = async () =>
        (await load.partitions()).find(({ partitionId }) => partitionId === partition)?.leader ?? -1
      dead = await leaderOf()
      const { dataFolder } = load.cluster.node(dead)
      const startMs = performance.now()
      await load.cluster.killNode(dead)
      await eventually(async () => ![dead, -1].includes(await leaderOf()), LONG)
      const movedSeconds = (performance.now() - startMs) / 1000
      await load.untilProducing()
      const seconds = await load.secondsUntilLive(startMs)
      say(
        `leader killed: another one after ${movedSeconds.toFixed(1)} s, all books live after ${seconds.toFixed(1)} s`,
      )
      // What it had not written to its disk is lost on it, and on it alone.
      expect(truncateLogs(dataFolder, TRUNCATED_BYTES)).toBeGreaterThan(0)
    })

    it('acknowledges nothing while too few replicas are in sync, and recovers with them', async () => {
      await setMinInSync(3)
      const reason = await load.expectNothingAcknowledged(/in-sync replicas/)
      await load.cluster.startNode(dead)
      const startMs = performance.now()
      await load.untilInSync()
      await load.untilProducing()
      const seconds = await load.secondsUntilLive(startMs)
      say(`too few replicas in sync: "${reason}"; live ${seconds.toFixed(1)} s after the return`)
      await setMinInSync(2)
    })

    it('continues after the active controller was killed', async () => {
      const controller = await load.foreign.activeController()
      const startMs = performance.now()
      await load.cluster.killNode(controller)
      const next = await eventually(async () => {
        const found = await load.foreign.activeController()
        return found !== controller && found
      }, LONG)
      expect(load.cluster.nodeIds).toContain(next)
      await load.untilProducing()
      const seconds = await load.secondsUntilLive(startMs)
      say(`active controller killed: all books live after ${seconds.toFixed(1)} s`)
      dead = controller
    })

    it('acknowledges nothing while two of three are gone, and recovers when they return', async () => {
      const second = load.cluster.nodeIds.find((id) => id !== dead) ?? 0
      await load.cluster.killNode(second)
      const reason = await load.expectNothingAcknowledged(/./)
      await Promise.all([load.cluster.startNode(dead), load.cluster.startNode(second)])
      const startMs = performance.now()
      const seconds = await load.secondsUntilLive(startMs)
      say(`two of three killed: "${reason}"; live ${seconds.toFixed(1)} s after their return`)
      await load.untilInSync()
    })

    it.each(isSoak ? MAINTENANCE : [])('continues through %s', async (what, run) => {
      const startMs = performance.now()
      await run(load)
      const lasted = (performance.now() - startMs) / 1000
      await load.untilProducing()
      const seconds = await load.secondsUntilLive(performance.now())
      say(`${what}: ${lasted.toFixed(1)} s, all books live ${seconds.toFixed(1)} s after`)
    })

    it('has lost no frame, kept the order and shown no wrong value in all of that', async () => {
      say(await load.expectNothingLost())
    })
  },
)
