import type { Pipeline } from '../../client/api-client.ts'
import type { Link } from '../data/link.ts'
import { byId, setAttribute, setText } from './dom.ts'
import { formatTime } from './format.ts'

/** Summary line: number of live books or the current problem. */
export class SummaryView {
  readonly #root = byId('summary', HTMLElement)
  readonly #words = this.#root.querySelector('.words') ?? this.#root

  show(link: Link, books: { live: number; all: number }, pipeline: Pipeline | null): void {
    const [mood, words] = assess(link, books, pipeline)
    setAttribute(this.#root, 'data-mood', mood)
    setText(this.#words, words)
    const title = `${books.live}/${books.all} live · orderbook-exporter`
    if (document.title !== title) document.title = title
  }
}

function assess(
  link: Link,
  { live, all }: { live: number; all: number },
  pipeline: Pipeline | null,
): [mood: string, words: string] {
  if (!link.isAlive) {
    const since = link.verifiedTimeMs
    return [
      'bad',
      since === null
        ? (link.problem ?? 'connecting to the service')
        : `no answer from the service since ${formatTime(since)}`,
    ]
  }
  if (pipeline?.role === 'producer') return ['good', 'role producer: no books here']
  if (all === 0) return ['odd', 'no instruments yet']
  if (live === all) return ['good', `all ${all} books live`]
  return [live === 0 ? 'bad' : 'odd', `${live} of ${all} books live`]
}
