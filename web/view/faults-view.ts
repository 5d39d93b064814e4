import type { Fault, FaultKind, Faults, WantedFault } from '../api/faults.ts'
import { messageOf } from '../data/message-of.ts'
import { byId, make, setAttribute, setHidden, setText } from './dom.ts'

/** Faults with the clearest effect; the others are listed below. */
const HEADLINES: readonly (readonly [name: string, words: string])[] = [
  ['stall', 'Send nothing'],
  ['half-open', 'Half-open'],
  ['reset', 'Reset connections'],
  ['429', 'Refuse connections'],
  ['crossed', 'Cross the book'],
  ['one-sided', 'Empty one side'],
  ['halted', 'Halt trading'],
  ['silent-subscription', 'Drop subscription'],
  ['garbage', 'Send garbage'],
  ['delay', 'Delay by 200 ms'],
  ['skew', 'Skew clock by 5 s'],
  ['maintenance', 'Maintenance'],
]

export interface FaultsViewDeps {
  /** Called with the complete set of requested faults. */
  set: (faults: readonly WantedFault[]) => Promise<Faults>
  /** Instrument in focus, to which faults of one book apply. */
  focus: () => string | null
}

/** Switches for the faults of the simulated exchange. */
export class FaultsView {
  readonly #deps: FaultsViewDeps
  readonly #root = byId('faults', HTMLElement)
  readonly #problem = byId('faults-problem', HTMLElement)
  readonly #heal = byId('heal', HTMLButtonElement)
  readonly #switches: { readonly kind: FaultKind; readonly button: HTMLButtonElement }[] = []
  #on: readonly Fault[] = []

  constructor(deps: FaultsViewDeps) {
    this.#deps = deps
    this.#heal.addEventListener('click', () => void this.#set([]))
  }

  /** @param faults null if the exchange is not simulated */
  show(faults: Faults | null): void {
    setHidden(this.#root, faults === null)
    if (faults === null) return
    if (this.#switches.length === 0) this.#create(faults.available)
    this.#on = faults.faults
    this.draw()
  }

  draw(): void {
    for (const { kind, button } of this.#switches) {
      const running = this.#on.find((fault) => this.#isShown(fault, kind))
      setAttribute(button, 'aria-pressed', String(running !== undefined))
    }
    this.#heal.disabled = this.#on.length === 0
    setText(
      this.#heal,
      this.#on.length === 0 ? 'Clear faults' : `Clear faults (${this.#on.length} on)`,
    )
  }

  #create(available: readonly FaultKind[]): void {
    const kinds = new Map(available.map((kind) => [kind.name, kind]))
    for (const [name, words] of HEADLINES) {
      const kind = kinds.get(name)
      if (kind === undefined) continue
      const group = byId(kind.acceptsInstruments ? 'switches-book' : 'switches-all', HTMLElement)
      group.append(this.#createSwitch(kind, words))
    }
    for (const kind of available) {
      byId('switches-more', HTMLElement).append(this.#createSwitch(kind, kind.name))
    }
  }

  #createSwitch(kind: FaultKind, words: string): HTMLButtonElement {
    const button = make('button', {
      class: 'switch',
      text: words,
      attributes: {
        type: 'button',
        'aria-pressed': 'false',
        title: `${kind.name}: ${kind.what}${kind.acceptsInstruments ? ' (this instrument)' : ''}`,
        'data-fault': kind.name,
      },
    })
    button.addEventListener('click', () => void this.#toggle(kind))
    this.#switches.push({ kind, button })
    return button
  }

  async #toggle(kind: FaultKind): Promise<void> {
    const others = this.#on.filter((fault) => !this.#isShown(fault, kind))
    if (others.length < this.#on.length) return this.#set(others)
    const focus = this.#deps.focus()
    const instruments = kind.acceptsInstruments && focus !== null ? [focus] : null
    return this.#set([...this.#on, { name: kind.name, instruments }])
  }

  async #set(faults: readonly WantedFault[]): Promise<void> {
    try {
      this.show(await this.#deps.set(faults))
      setText(this.#problem, '')
    } catch (error) {
      setText(this.#problem, messageOf(error))
    }
  }

  /** Whether the fault was switched on with this switch. */
  #isShown(fault: Fault, kind: FaultKind): boolean {
    if (fault.name !== kind.name) return false
    const focus = this.#deps.focus()
    return fault.instruments === null || (focus !== null && fault.instruments.includes(focus))
  }
}
