import { CHECKS } from './checks.ts'
import { get, until } from './probe.ts'
import { report } from './report.ts'
import { ADDRESSES, type ContainerStack } from './stack.ts'

const SERVICES = [ADDRESSES.producer, ADDRESSES.all, ...ADDRESSES.consumers]
/** Frames that must be acknowledged, more than any that were in flight when a broker died. */
const MORE_FRAMES = 500
const PRODUCED = 'orderbook_produced_records_total'

/**
 * Starts the stack with three brokers, kills one and then a second, and starts them again.
 * @returns whether everything passed
 */
export async function checkCluster(stack: ContainerStack): Promise<boolean> {
  const ofStack = [CHECKS.healthy, CHECKS.ready, CHECKS.books, CHECKS.settings, CHECKS.volumes].map(
    ({ title, run }) => [title, () => run(stack)] as const,
  )
  const steps = [
    ['image, built without network', () => stack.build()],
    ['up', () => stack.up()],
    ...ofStack,
    ['one of three brokers killed: everything goes on', () => killOne(stack)],
    ['two of three brokers killed: nothing is ready', () => killSecondBroker(stack)],
    ['both started again: everything goes on', () => startBoth(stack)],
    [CHECKS.stop.title, () => CHECKS.stop.run(stack)],
    [CHECKS.down.title, () => CHECKS.down.run(stack)],
  ] as const
  for (const [title, run] of steps) if ((await report(title, run)) !== null) return false
  return true
}

async function killOne(stack: ContainerStack): Promise<void> {
  await stack.engine.docker(['kill', await stack.idOf('kafka')])
  await waitForNewRecords()
}

async function killSecondBroker(stack: ContainerStack): Promise<void> {
  await stack.engine.docker(['kill', await stack.idOf('kafka-2')])
  await until(60, async () => {
    const answers = await Promise.allSettled(SERVICES.map((address) => get(`${address}/readyz`)))
    if (answers.some(({ status }) => status === 'fulfilled')) throw new Error('a service is ready')
  })
}

async function startBoth(stack: ContainerStack): Promise<void> {
  const ids = await Promise.all(['kafka', 'kafka-2'].map((name) => stack.idOf(name)))
  await stack.engine.docker(['start', ...ids])
  await waitForNewRecords()
}

/** Waits until frames are acknowledged, and then until everything is ready and every book is there. */
async function waitForNewRecords(): Promise<void> {
  const before = await producedFrames()
  await until(180, async () => {
    const frames = (await producedFrames()) - before
    if (frames < MORE_FRAMES) throw new Error(`${frames} frames were acknowledged`)
  })
  await until(60, () => Promise.all(SERVICES.map((address) => get(`${address}/readyz`))))
}

async function producedFrames(): Promise<number> {
  const lines = (await get(`${ADDRESSES.producer}/metrics`)).split('\n')
  const labels = ['topic="prices"', 'kind="frame"']
  const line = lines.find(
    (each) => each.startsWith(`${PRODUCED}{`) && labels.every((label) => each.includes(label)),
  )
  if (line === undefined) throw new Error(`the producer has no ${PRODUCED}`)
  return Number(line.split(' ')[1])
}
