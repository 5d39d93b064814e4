import type { Pipeline } from '../client/api-client.ts'
import { createService } from './api/service.ts'
import { BookStream, MAX_SUBSCRIBED } from './data/book-stream.ts'
import { Choice } from './data/choice.ts'
import { History, SAMPLE_MS } from './data/history.ts'
import { Link } from './data/link.ts'
import { Market } from './data/market.ts'
import { poll } from './data/poll.ts'
import { SignalAnswer } from './data/signal-answer.ts'
import { StateChanges } from './data/state-changes.ts'
import { BookPanels } from './view/book-panels.ts'
import { EventsView } from './view/events-view.ts'
import { FaultsView } from './view/faults-view.ts'
import { ListView } from './view/list-view.ts'
import { PipelineView } from './view/pipeline-view.ts'
import { SummaryView } from './view/summary-view.ts'
import { startTheme } from './view/theme.ts'
import { createTokenDialog } from './view/token-dialog.ts'

const POLL_MS = 1000
/** Longer lists are polled less often, because they are expensive to send and to parse. */
const LONG_LIST = 300
const LONG_LIST_POLL_MS = 4000
const FAULTS_POLL_MS = 2000
const SIGNALS_POLL_MS = 3000
const BOOK_DRAW_MS = 125
const LIST_DRAW_MS = 250
/** Delay before visible rows are subscribed, so that rows scrolled past are not, ms. */
const SETTLE_MS = 150

const askForToken = createTokenDialog((token) => service.setToken(token))
const service = createService(new URL('.', document.baseURI).href, askForToken)
const link = new Link()
const market = new Market(link)
const stream = new BookStream({ service, link, market })
const history = new History()
const changes = new StateChanges(market)
const panels = new BookPanels()
const summary = new SummaryView()
const pipelineView = new PipelineView()
const events = new EventsView()
const signals = new SignalAnswer()
const choice = new Choice(location.hash)
let pipeline: Pipeline | null = null
let settling: ReturnType<typeof setTimeout> | undefined

const list = new ListView({
  market,
  onChoose(name) {
    choice.end()
    window.history.replaceState(null, '', `#${encodeURIComponent(name)}`)
    focus()
  },
  onSight() {
    clearTimeout(settling)
    settling = setTimeout(subscribe, SETTLE_MS)
  },
})
const faults = new FaultsView({
  set: (wanted) => service.setFaults(wanted),
  focus: () => list.selected,
})

/** Subscribes the instrument in focus and the visible rows; all instruments if there are few. */
function subscribe(): void {
  // Names that no longer exist are removed, because they would make the service refuse the whole
  // stream.
  const focus = market.names.filter((name) => name === list.selected)
  const isFew = market.names.length <= MAX_SUBSCRIBED
  stream.subscribe([...focus, ...(isFew ? market.names : list.visible)])
}

/** Called when another instrument is selected. */
function focus(): void {
  subscribe()
  draw()
  faults.draw()
}

function draw(): void {
  const name = list.selected
  panels.show(name, name === null ? null : market.read(name))
  panels.showSignals(signals.read(name, Date.now()), signals.isOff)
}

function count(): { live: number; all: number } {
  const live = market.names.filter((name) => market.stateOf(name) === 'live').length
  return { live, all: market.names.length }
}

function check(): void {
  const now = Date.now()
  for (const name of market.subscribed) history.sample(name, market.read(name), now)
  events.add(changes.check())
  const books = count()
  summary.show(link, books, pipeline)
  list.setCounts(books.all, books.all - books.live)
  pipelineView.show(link.isAlive ? pipeline : null, books)
  const name = list.selected
  panels.showPast(name, name === null ? null : history.of(name))
}

const note = (words: string) => {
  link.problem = words
}
poll(
  async () => {
    // A process without books is not an error: it has the role producer.
    if (pipeline?.role === 'producer') return
    market.setInstruments((await service.instruments()) ?? [])
    link.verify()
    const next = choice.next(market.names, list.selected)
    if (next !== null) {
      list.select(next)
      focus()
    } else subscribe()
  },
  () => (market.names.length > LONG_LIST ? LONG_LIST_POLL_MS : POLL_MS),
  note,
)
poll(
  async () => {
    pipeline = await service.pipeline()
    link.verify()
  },
  () => POLL_MS,
  note,
)
poll(
  async () => {
    const name = list.selected
    if (name !== null) signals.receive(name, await service.signals(name), Date.now())
  },
  () => SIGNALS_POLL_MS,
  note,
)
poll(
  async () => {
    const answer = await service.faults()
    faults.show(answer)
    // Polling ends if the exchange is not simulated.
    return answer === null ? 'enough' : undefined
  },
  () => FAULTS_POLL_MS,
  () => undefined,
)
startTheme(() => panels.repaint())
// A hidden page is not drawn; it is redrawn as soon as it is shown.
const ifVisible = (work: () => void) => () => {
  if (!document.hidden) work()
}
setInterval(ifVisible(draw), BOOK_DRAW_MS)
setInterval(
  ifVisible(() => list.draw()),
  LIST_DRAW_MS,
)
setInterval(check, SAMPLE_MS)
document.addEventListener(
  'visibilitychange',
  ifVisible(() => {
    draw()
    list.draw()
    check()
  }),
)
