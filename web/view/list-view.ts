import type { Market } from '../data/market.ts'
import { byId, make, setAttribute, setClass, setHidden, setText } from './dom.ts'
import { ListRow } from './list-row.ts'

const ROW_PX = 54
/** Rows drawn beyond the visible ones, for small scrolls. */
const OVERSCAN = 2

export interface ListViewDeps {
  market: Market
  /** Called when the user selects a row. */
  onChoose: (name: string) => void
  /** Called when the visible rows have changed. */
  onSight: () => void
}

/** List of instruments; only the visible rows exist in the DOM. */
export class ListView {
  readonly #deps: ListViewDeps
  readonly #list = byId('list', HTMLElement)
  readonly #search = byId('search', HTMLInputElement)
  readonly #empty = byId('list-empty', HTMLElement)
  readonly #space = make('div', { class: 'space', attributes: { role: 'presentation' } })
  readonly #rows: ListRow[] = []
  #found: readonly string[] = []
  #filter: 'all' | 'absent' = 'all'
  #selected: string | null = null
  #names: readonly string[] = []

  constructor(deps: ListViewDeps) {
    this.#deps = deps
    this.#list.append(this.#space)
    this.#list.addEventListener('scroll', () => this.#onScroll(), { passive: true })
    this.#list.addEventListener('keydown', (event) => this.#onKey(event))
    this.#list.addEventListener('click', (event) => this.#onClick(event))
    this.#search.addEventListener('input', () => this.refresh(true))
    this.#search.addEventListener('keydown', (event) => this.#onSearchKey(event))
    document.addEventListener('keydown', (event) => {
      const isTyping = event.target instanceof HTMLInputElement
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      this.#search.focus()
    })
    const filter = byId('filter', HTMLElement)
    for (const button of filter.querySelectorAll('button')) {
      button.addEventListener('click', () => {
        this.#filter = button.dataset['filter'] === 'absent' ? 'absent' : 'all'
        for (const other of filter.querySelectorAll('button')) {
          setAttribute(other, 'aria-pressed', String(other === button))
        }
        this.refresh(true)
      })
    }
    new ResizeObserver(() => this.#onScroll()).observe(this.#list)
  }

  get selected(): string | null {
    return this.#selected
  }

  /** Names of the visible rows. */
  get visible(): readonly string[] {
    const { first, count } = this.#window()
    return this.#found.slice(first, first + count)
  }

  select(name: string): void {
    this.#selected = name
    this.draw()
  }

  #choose(name: string): void {
    this.select(name)
    this.#deps.onChoose(name)
  }

  /** Updates the list of matching instruments. */
  refresh(isFromTop = false): void {
    const { market } = this.#deps
    this.#names = market.names
    const words = this.#search.value.trim().toUpperCase().split(/\s+/)
    const isWanted = (name: string) =>
      words.every((word) => name.toUpperCase().includes(word)) &&
      (this.#filter === 'all' || market.stateOf(name) !== 'live')
    this.#found = this.#names.filter(isWanted)
    if (isFromTop) this.#list.scrollTop = 0
    this.#space.style.height = `${this.#found.length * ROW_PX}px`
    setHidden(this.#empty, this.#found.length > 0)
    setText(this.#empty, this.#whyEmpty())
    this.#deps.onSight()
    this.draw()
  }

  /** Redraws the visible rows. */
  draw(): void {
    if (this.#deps.market.names !== this.#names) return this.refresh()
    const { first, count } = this.#window()
    while (this.#rows.length < count) {
      const row = new ListRow()
      this.#rows.push(row)
      this.#space.append(row.element)
    }
    let active = ''
    this.#rows.forEach((row, index) => {
      const name = index < count ? this.#found[first + index] : undefined
      setHidden(row.element, name === undefined)
      if (name === undefined) return
      const isSelected = name === this.#selected
      if (isSelected) active = row.element.id
      row.place((first + index) * ROW_PX, first + index + 1, this.#found.length)
      row.show(name, this.#deps.market.read(name), isSelected)
    })
    // Without an active row the attribute is removed, because an empty one is invalid.
    if (active === '') this.#list.removeAttribute('aria-activedescendant')
    else setAttribute(this.#list, 'aria-activedescendant', active)
  }

  #whyEmpty(): string {
    if (this.#names.length === 0) return 'No instruments yet.'
    if (this.#search.value.trim() !== '') return 'No instrument matches.'
    return 'Every book is live.'
  }

  #window(): { first: number; count: number } {
    const { scrollTop, clientHeight } = this.#list
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - OVERSCAN)
    const wanted = Math.ceil(clientHeight / ROW_PX) + 2 * OVERSCAN
    return { first, count: Math.max(0, Math.min(wanted, this.#found.length - first)) }
  }

  #onScroll(): void {
    this.draw()
    this.#deps.onSight()
  }

  #onClick(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return
    const name = event.target.closest('[role=option]')?.getAttribute('data-name')
    if (name !== null && name !== undefined) this.#choose(name)
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#list.clientHeight / ROW_PX) - 1)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#found.length,
      End: this.#found.length,
    }
    const step = steps[event.key]
    if (step === undefined || this.#found.length === 0) return
    event.preventDefault()
    const current = this.#selected === null ? -1 : this.#found.indexOf(this.#selected)
    const next = Math.min(Math.max(current + step, 0), this.#found.length - 1)
    this.#show(next)
    this.#choose(this.#found[next] ?? '')
  }

  #onSearchKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      this.#search.value = ''
      this.refresh(true)
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault()
      const first = this.#found[0]
      if (first === undefined) return
      this.#list.focus()
      this.#choose(first)
    }
  }

  /** Scrolls as little as possible to show the row. */
  #show(index: number): void {
    const top = index * ROW_PX
    const { scrollTop, clientHeight } = this.#list
    if (top < scrollTop) this.#list.scrollTop = top
    else if (top + ROW_PX > scrollTop + clientHeight) {
      this.#list.scrollTop = top + ROW_PX - clientHeight
    }
  }

  setCounts(all: number, absent: number): void {
    setText(byId('count-all', HTMLElement), String(all))
    setText(byId('count-absent', HTMLElement), String(absent))
    setClass(byId('count-absent', HTMLElement), 'is-odd', absent > 0)
    if (this.#filter === 'absent') this.refresh()
  }
}
