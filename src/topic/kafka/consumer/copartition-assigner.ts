import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

/** Version of the assignment protocol; later ones have fields that kafkajs does not write. */
const VERSION = 0

/**
 * Assigns partition p of every topic to member p mod n, members sorted by id, so that one member
 * has both the book and the trades of an instrument. All members of a group must use it.
 */
export const copartitionAssigner: PartitionAssigner = ({ cluster }) => ({
  name: 'orderbook-copartition-v1',
  version: VERSION,

  assign({ members, topics }) {
    const ids = members.map(({ memberId }) => memberId).sort()
    const assignments = ids.map((memberId, index) => {
      const assignment: Record<string, number[]> = {}
      for (const topic of topics) {
        const partitions = cluster.findTopicPartitionMetadata(topic)
        const own = partitions.filter(({ partitionId }) => partitionId % ids.length === index)
        assignment[topic] = own.map(({ partitionId }) => partitionId)
      }
      const userData = Buffer.alloc(0)
      return {
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData,
        }),
      }
    })
    return Promise.resolve(assignments)
  },

  protocol({ topics }) {
    return {
      name: this.name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.alloc(0),
      }),
    }
  },
})
