import type { Message } from 'kafkajs'

/** Messages for one partition, in their order. */
export interface MessageGroup {
  readonly partition: number
  readonly messages: readonly Message[]
}

type Groups = Record<number, Message[]>

/**
 * The messages of all groups, as an array that kafkajs groups by partition at once. It groups
 * messages with `reduce`, and copies the list of a partition for each of its messages: in a batch of
 * 1,000, 500 entries for each message. Here its function is called with the first message of each
 * group, which its partitioner must see, and the rest follows as a whole. A version of kafkajs that
 * does not call `reduce` gets the same messages.
 */
export function groupedMessages(groups: readonly MessageGroup[]): Message[] {
  const all = groups.flatMap(({ messages }) => messages)
  Object.defineProperty(all, 'reduce', {
    value: (add: (result: Groups, message: Message) => Groups, start: Groups): Groups =>
      groups.reduce((result, { partition, messages }) => {
        const [first] = messages
        if (first === undefined) return result
        const added = add(result, first)
        for (let index = 1; index < messages.length; index += 1) {
          const message = messages[index]
          if (message !== undefined) added[partition]?.push(message)
        }
        return added
      }, start),
  })
  return all
}
