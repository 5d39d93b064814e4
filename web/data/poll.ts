import { messageOf } from './message-of.ts'

/**
 * Asks again and again, `restMs` after each answer and never twice at once, until one is `enough`.
 * `onProblem` gets what went wrong; it goes on all the same.
 */
export function poll(
  ask: () => Promise<'enough' | undefined | void>,
  restMs: () => number,
  onProblem: (words: string) => void,
): void {
  const turn = async (): Promise<void> => {
    try {
      if ((await ask()) === 'enough') return
    } catch (error) {
      onProblem(messageOf(error))
    }
    setTimeout(() => void turn(), restMs())
  }
  void turn()
}
