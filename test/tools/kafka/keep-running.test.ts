import { expect, it } from 'vitest'
import { keepRunning } from '../../../tools/kafka/keep-running.ts'
import { eventually } from '../../support/eventually.ts'

/** A cluster of nodes that end when a test says so. */
function nodes(start: (id: number) => Promise<void> = () => Promise.resolve()) {
  const running = new Map([1, 2, 3].map((id) => [id, Promise.withResolvers<null>()]))
  const said: string[] = []
  const started: number[] = []
  const stopping = new AbortController()
  const cluster = {
    nodeIds: [...running.keys()],
    node: (id: number) => ({ exited: running.get(id)?.promise ?? Promise.resolve(null), pid: id }),
    startNode: async (id: number) => {
      await start(id)
      running.set(id, Promise.withResolvers<null>())
      started.push(id)
    },
  }
  const say = (line: string) => said.push(line)
  const ended = (maxRestarts = 5) =>
    keepRunning(cluster, { afterMs: 1, maxRestarts, signal: stopping.signal, say })
  return { ended, said, started, stopping, end: (id: number) => running.get(id)?.resolve(null) }
}

it('starts a broker that ended again, each time', async () => {
  const { ended, said, started, stopping, end } = nodes()
  const why = ended()
  end(2)
  await eventually(() => started.length === 1)
  end(2)
  await eventually(() => started.length === 2)
  expect(started).toEqual([2, 2])
  expect(said.filter((line) => line === 'broker 2 answers again: process 2')).toHaveLength(2)
  stopping.abort()
  end(1)
  expect(await why).toBe('stopped')
})

it('starts each of two brokers, though the first cannot answer without the second', async () => {
  const second = Promise.withResolvers<undefined>()
  const { ended, started, stopping, end } = nodes(async (id) => {
    if (id === 1) await second.promise
    else second.resolve(undefined)
  })
  const why = ended()
  end(1)
  end(3)
  await eventually(() => started.length === 2)
  stopping.abort()
  end(2)
  expect(await why).toBe('stopped')
})

it('gives up when a broker does not start, with the reason', async () => {
  const { ended, end } = nodes(() => Promise.reject(new Error('no space left')))
  const why = ended()
  end(3)
  expect(await why).toBe('broker 3 could not be started again: no space left')
})

it('gives up when a broker ends repeatedly', async () => {
  const { ended, started, end } = nodes()
  const why = ended(2)
  for (const times of [1, 2]) {
    end(1)
    await eventually(() => started.length === times)
  }
  end(1)
  expect(await why).toBe('broker 1 ended 3 times')
})

it('does not start a broker again that ends while the cluster is stopped', async () => {
  const { ended, started, stopping, end } = nodes()
  const why = ended()
  stopping.abort()
  end(2)
  expect(await why).toBe('stopped')
  expect(started).toEqual([])
})
