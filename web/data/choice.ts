/**
 * Chooses the instrument in focus until the user selects one: the one in the URL as soon as it is
 * listed, until then one of the listed ones.
 */
export class Choice {
  #requested: string | null

  /** @param hash fragment of the URL with its `#`; untrusted */
  constructor(hash: string) {
    this.#requested = decoded(hash.slice(1))
  }

  /** Called when the user selects an instrument; the URL is ignored from then on. */
  end(): void {
    this.#requested = null
  }

  /** Returns the instrument to focus; null = no change. */
  next(names: readonly string[], selected: string | null): string | null {
    const requested = this.#requested
    if (requested !== null && names.includes(requested)) {
      this.#requested = null
      return requested
    }
    return selected === null ? mostTraded(names) : null
  }
}

/** Perpetuals are the most used instruments. */
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
