import { writeValue } from './describe.ts'
import { allowedOf, type ProblemParts, settingProblem } from './environment.ts'
import type { ProxySettings } from './proxy.ts'
import type { SettingName, Settings } from './settings.ts'

/** Levels per side that the subscribed channel provides. */
export function knownDepthOf({ BOOK_MODE, BOOK_DEPTH }: Settings): number {
  return BOOK_MODE === 'grouped' ? BOOK_DEPTH : Number.POSITIVE_INFINITY
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether third parties can read what is sent to an address. A proxy counts as a third party. */
function isOpenToReaders(url: string, proxy: ProxySettings | null): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  const isHere = proxy === null || LOOPBACK.test(new URL(proxy.url).hostname)
  return protocol === 'ws:' && !(LOOPBACK.test(hostname) && isHere)
}

/** Reports a setting that conflicts with others, unless one of them is invalid by itself. */
type AddProblem = (name: SettingName, others: SettingName[], parts: ProblemParts) => void

/** Checks the rules that join several settings. Rules that involve an invalid setting are skipped. */
export function findConflicts(
  settings: Settings,
  unusable: ReadonlySet<SettingName>,
  proxy: ProxySettings | null,
): string[] {
  const problems: string[] = []
  const addProblem: AddProblem = (name, others, parts) => {
    if ([name, ...others].some((involved) => unusable.has(involved))) return
    const value = settings[name]
    const written = value === undefined ? undefined : writeValue(value)
    problems.push(settingProblem(name, written, parts))
  }
  checkBrokers(settings, addProblem)
  checkExchange(settings, proxy, addProblem)
  checkTimes(settings, addProblem)
  checkSignals(settings, addProblem)
  checkBothSet(settings, addProblem, 'HTTP_TLS_CERT_FILE', 'HTTP_TLS_KEY_FILE')
  return problems
}

function checkBrokers(settings: Settings, addProblem: AddProblem): void {
  if (settings.ROLE !== 'all' && settings.KAFKA_BROKERS === undefined) {
    const expected = allowedOf('KAFKA_BROKERS')
    addProblem('KAFKA_BROKERS', ['ROLE'], { expected, requiredWhen: `when ROLE=${settings.ROLE}` })
  }
  if (settings.KAFKA_TOPIC === settings.KAFKA_TRADES_TOPIC) {
    addProblem('KAFKA_TRADES_TOPIC', ['KAFKA_TOPIC'], {
      expected: 'a name other than KAFKA_TOPIC',
    })
  }
  checkNumbersTopic(settings, addProblem)
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SSL: isTls } = settings
  for (const name of ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const) {
    if (settings[name] !== undefined && !isTls) {
      addProblem(name, ['KAFKA_SSL'], { expected: 'no value unless KAFKA_SSL=true' })
    }
  }
  checkBothSet(settings, addProblem, 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE')
  checkBothSet(settings, addProblem, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD')
  checkBothSet(settings, addProblem, 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME')
  if (settings.KAFKA_BROKERS === undefined) {
    if (isTls) {
      addProblem('KAFKA_SSL', ['KAFKA_BROKERS'], { expected: 'false without KAFKA_BROKERS' })
    }
    if (mechanism !== undefined) {
      addProblem('KAFKA_SASL_MECHANISM', ['KAFKA_BROKERS'], {
        expected: 'no value without KAFKA_BROKERS',
      })
    }
  } else if (mechanism === 'plain' && !isTls && !settings.KAFKA_BROKERS.every(isLocalBroker)) {
    const expected = 'true with KAFKA_SASL_MECHANISM=plain, which sends the password unencrypted'
    addProblem('KAFKA_SSL', ['KAFKA_SASL_MECHANISM', 'KAFKA_BROKERS'], { expected })
  }
}

function checkNumbersTopic(settings: Settings, addProblem: AddProblem): void {
  const { KAFKA_NUMBERS_TOPIC: name, KAFKA_TOPIC, KAFKA_TRADES_TOPIC } = settings
  if (name === undefined) return
  if (name === KAFKA_TOPIC || name === KAFKA_TRADES_TOPIC) {
    addProblem('KAFKA_NUMBERS_TOPIC', ['KAFKA_TOPIC', 'KAFKA_TRADES_TOPIC'], {
      expected: 'a name other than KAFKA_TOPIC and KAFKA_TRADES_TOPIC',
    })
  }
  if (settings.KAFKA_BROKERS === undefined) {
    addProblem('KAFKA_NUMBERS_TOPIC', ['KAFKA_BROKERS'], {
      expected: 'no value without KAFKA_BROKERS',
    })
  }
}

function isLocalBroker(broker: string): boolean {
  return LOOPBACK.test(broker.replace(/:[0-9]+$/, ''))
}

/** Checks two settings that must be set together. */
function checkBothSet(
  settings: Settings,
  addProblem: AddProblem,
  a: SettingName,
  b: SettingName,
): void {
  if ((settings[a] === undefined) === (settings[b] === undefined)) return
  const [missing, other] = settings[a] === undefined ? [a, b] : [b, a]
  addProblem(missing, [other], {
    expected: allowedOf(missing),
    requiredWhen: `when ${other} is set`,
  })
}

function checkTimes(settings: Settings, addProblem: AddProblem): void {
  if (settings.CHECKPOINT_MS >= settings.STALE_AFTER_MS / 2) {
    const expected = `less than half of STALE_AFTER_MS=${settings.STALE_AFTER_MS}`
    addProblem('CHECKPOINT_MS', ['STALE_AFTER_MS'], { expected })
  }
  const leastWarmupMs = settings.CHECKPOINT_SNAPSHOT_MS + settings.CHECKPOINT_MS
  if (settings.WARMUP_MS < leastWarmupMs) {
    const expected = `at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = ${leastWarmupMs}`
    addProblem('WARMUP_MS', ['CHECKPOINT_SNAPSHOT_MS', 'CHECKPOINT_MS'], { expected })
  }
}

function checkSignals(settings: Settings, addProblem: AddProblem): void {
  const longest = Math.max(...settings.SIGNAL_HORIZONS_MS)
  if (settings.SIGNAL_WINDOW_MS <= longest) {
    const expected = `more than the longest of SIGNAL_HORIZONS_MS=${longest}`
    addProblem('SIGNAL_WINDOW_MS', ['SIGNAL_HORIZONS_MS'], { expected })
  }
}

function checkExchange(
  settings: Settings,
  proxy: ProxySettings | null,
  addProblem: AddProblem,
): void {
  if (!URL.canParse(settings.DERIBIT_URL)) {
    addProblem('DERIBIT_URL', [], { expected: allowedOf('DERIBIT_URL') })
  }
  const { DERIBIT_CLIENT_ID: id } = settings
  checkBothSet(settings, addProblem, 'DERIBIT_CLIENT_ID', 'DERIBIT_CLIENT_SECRET')
  if (id !== undefined && isOpenToReaders(settings.DERIBIT_URL, proxy)) {
    addProblem('DERIBIT_URL', [], {
      expected: 'wss:// with a login, because ws:// sends the secret unencrypted',
    })
  }
  const [share = 0, shares = 1] = settings.PRODUCER_SHARD.split('/').map(Number)
  if (share >= shares) {
    addProblem('PRODUCER_SHARD', [], { expected: allowedOf('PRODUCER_SHARD') })
  }
  if (settings.BOOK_INTERVAL === 'raw') {
    if (settings.BOOK_MODE !== 'incremental') {
      addProblem('BOOK_INTERVAL', ['BOOK_MODE'], {
        expected: '100ms or agg2 with BOOK_MODE=grouped',
      })
    } else if (id === undefined) {
      const expected = '100ms or agg2 without DERIBIT_CLIENT_ID and DERIBIT_CLIENT_SECRET'
      addProblem('BOOK_INTERVAL', ['DERIBIT_CLIENT_ID'], { expected })
    }
  }
  if (settings.IMBALANCE_DEPTHS.every((depth) => depth > knownDepthOf(settings))) {
    const expected = `at least one depth up to BOOK_DEPTH=${settings.BOOK_DEPTH}`
    addProblem('IMBALANCE_DEPTHS', ['BOOK_DEPTH'], { expected })
  }
}
