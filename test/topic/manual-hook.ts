/** A `beforeBatch` hook that a test closes and opens. */
export class ManualHook {
  #release: (() => void) | null = null
  #shut: Promise<void> = Promise.resolve()
  #waiting = 0

  /** For the consumer. */
  readonly pass = async (): Promise<void> => {
    this.#waiting += 1
    await this.#shut
    this.#waiting -= 1
  }

  /** True while the consumer waits for it. */
  get isWaitedFor(): boolean {
    return this.#waiting > 0
  }

  hold(): void {
    this.open()
    this.#shut = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  open(): void {
    this.#release?.()
  }
}
