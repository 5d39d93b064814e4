import { messageOf } from './message-of.ts'

/**
 * Polls `restMs` after each answer, one request at a time, until an answer is `enough`. Errors are
 * passed to `onProblem`; polling continues.
 */
export function poll(
  ask: () => Promise<'enough' | undefined | void>,
  pauseMs: () => number,
  onProblem: (words: string) => void,
): void {
  const poll = async (): Promise<void> => {
    try {
      if ((await ask()) === 'enough') return
    } catch (error) {
      onProblem(messageOf(error))
    }
    setTimeout(() => void poll(), pauseMs())
  }
  void poll()
}
