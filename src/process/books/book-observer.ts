import type { NamedState, StateView } from '../../model/status.ts'

/** Is notified of changes of state of the books, and of their removal. */
export interface BookObserver {
  /** At each change of state or reason. */
  noteState(state: NamedState): void
  /** The book was removed. */
  forget(instrument: string): void
}

/**
 * Returns the callback of one book for its changes of state. While its partition is not read to its
 * end, only that it is catching up is notified: any other state is that of an old record.
 */
export function stateCallback(
  observer: BookObserver | undefined,
  instrument: string,
  isBehind: () => boolean,
): { onState?: (state: StateView) => void } {
  if (observer === undefined) return {}
  return {
    onState(state) {
      if (state.state === 'catching_up' || !isBehind()) observer.noteState({ ...state, instrument })
    },
  }
}
