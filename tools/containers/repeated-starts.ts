import { type Check, CHECKS } from './checks.ts'
import { report } from './report.ts'
import type { ContainerStack } from './stack.ts'

/**
 * Starts the stack repeatedly from nothing: members of a group get other partitions each time. After each start,
 * producer and consumers must be ready and every book must be at one address.
 * @returns number of starts that failed
 */
export async function runStarts(stack: ContainerStack, count: number): Promise<number> {
  const { ready, books }: Readonly<Record<'ready' | 'books', Check>> = CHECKS
  let failed = 0
  if ((await report('image, built without network', () => stack.build())) !== null) return count
  for (let start = 1; start <= count; start += 1) {
    const failure = await report(`start ${start} of ${count}`, async () => {
      await stack.up()
      await ready.run(stack)
      await books.run(stack)
    })
    if (failure !== null) failed += 1
    await stack.remove()
  }
  return failed
}
