/**
 * Which instrument comes into focus without anybody choosing: the one that the address names, as soon as
 * it is listed, and one of those that are there until then.
 */
export class Choice {
  #wish: string | null

  /** @param hash of the address, with its `#`; whoever wrote it may have written anything */
  constructor(hash: string) {
    this.#wish = decoded(hash.slice(1))
  }

  /** Somebody chose: what the address named counts no more. */
  end(): void {
    this.#wish = null
  }

  /** The instrument to go to; null = stay. */
  next(names: readonly string[], selected: string | null): string | null {
    const wish = this.#wish
    if (wish !== null && names.includes(wish)) {
      this.#wish = null
      return wish
    }
    return selected === null ? mostTraded(names) : null
  }
}

/** Perpetuals are what most people come for. */
function mostTraded(names: readonly string[]): string | null {
  return names.find((name) => name.endsWith('-PERPETUAL')) ?? names[0] ?? null
}

function decoded(text: string): string | null {
  try {
    return text === '' ? null : decodeURIComponent(text)
  } catch {
    return null
  }
}
