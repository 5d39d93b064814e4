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
type Complain = (name: SettingName, others: SettingName[], parts: ProblemParts) => void

/** Checks the rules that join several settings. Rules that involve an invalid setting are skipped. */
export function findConflicts(
  settings: Settings,
  unusable: ReadonlySet<SettingName>,
  proxy: ProxySettings | null,
): string[] {
  const problems: string[] = []
  const complain: Complain = (name, others, parts) => {
    if ([name, ...others].some((joined) => unusable.has(joined))) return
    const value = settings[name]
    const written = value === undefined ? undefined : writeValue(value)
    problems.push(settingProblem(name, written, parts))
  }
  checkBrokers(settings, complain)
  checkExchange(settings, proxy, complain)
  checkTimes(settings, complain)
  checkSignals(settings, complain)
  together(settings, complain, 'HTTP_TLS_CERT_FILE', 'HTTP_TLS_KEY_FILE')
  return problems
}

function checkBrokers(settings: Settings, complain: Complain): void {
  if (settings.ROLE !== 'all' && settings.KAFKA_BROKERS === undefined) {
    const expected = allowedOf('KAFKA_BROKERS')
    complain('KAFKA_BROKERS', ['ROLE'], { expected, requiredWhen: `when ROLE=${settings.ROLE}` })
  }
  if (settings.KAFKA_TOPIC === settings.KAFKA_TRADES_TOPIC) {
    complain('KAFKA_TRADES_TOPIC', ['KAFKA_TOPIC'], {
      expected: 'a name other than KAFKA_TOPIC',
    })
  }
  checkNumbersTopic(settings, complain)
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SSL: isTls } = settings
  for (const name of ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const) {
    if (settings[name] !== undefined && !isTls) {
      complain(name, ['KAFKA_SSL'], { expected: 'no value unless KAFKA_SSL=true' })
    }
  }
  together(settings, complain, 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE')
  together(settings, complain, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD')
  together(settings, complain, 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME')
  if (settings.KAFKA_BROKERS === undefined) {
    if (isTls) {
      complain('KAFKA_SSL', ['KAFKA_BROKERS'], { expected: 'false without KAFKA_BROKERS' })
    }
    if (mechanism !== undefined) {
      complain('KAFKA_SASL_MECHANISM', ['KAFKA_BROKERS'], {
        expected: 'no value without KAFKA_BROKERS',
      })
    }
  } else if (mechanism === 'plain' && !isTls && !settings.KAFKA_BROKERS.every(isLocalBroker)) {
    const expected = 'true with KAFKA_SASL_MECHANISM=plain, which sends the password unencrypted'
    complain('KAFKA_SSL', ['KAFKA_SASL_MECHANISM', 'KAFKA_BROKERS'], { expected })
  }
}

function checkNumbersTopic(settings: Settings, complain: Complain): void {
  const { KAFKA_NUMBERS_TOPIC: name, KAFKA_TOPIC, KAFKA_TRADES_TOPIC } = settings
  if (name === undefined) return
  if (name === KAFKA_TOPIC || name === KAFKA_TRADES_TOPIC) {
    complain('KAFKA_NUMBERS_TOPIC', ['KAFKA_TOPIC', 'KAFKA_TRADES_TOPIC'], {
      expected: 'a name other than KAFKA_TOPIC and KAFKA_TRADES_TOPIC',
    })
  }
  if (settings.KAFKA_BROKERS === undefined) {
    complain('KAFKA_NUMBERS_TOPIC', ['KAFKA_BROKERS'], {
      expected: 'no value without KAFKA_BROKERS',
    })
  }
}

function isLocalBroker(broker: string): boolean {
  return LOOPBACK.test(broker.replace(/:[0-9]+$/, ''))
}

/** Checks two settings that must be set together. */
function together(settings: Settings, complain: Complain, a: SettingName, b: SettingName): void {
  if ((settings[a] === undefined) === (settings[b] === undefined)) return
  const [missing, other] = settings[a] === undefined ? [a, b] : [b, a]
  complain(missing, [other], {
    expected: allowedOf(missing),
    requiredWhen: `when ${other} is set`,
  })
}

function checkTimes(settings: Settings, complain: Complain): void {
  if (settings.CHECKPOINT_MS >= settings.STALE_AFTER_MS / 2) {
    const expected = `less than half of STALE_AFTER_MS=${settings.STALE_AFTER_MS}`
    complain('CHECKPOINT_MS', ['STALE_AFTER_MS'], { expected })
  }
  const leastWarmupMs = settings.CHECKPOINT_SNAPSHOT_MS + settings.CHECKPOINT_MS
  if (settings.WARMUP_MS < leastWarmupMs) {
    const expected = `at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = ${leastWarmupMs}`
    complain('WARMUP_MS', ['CHECKPOINT_SNAPSHOT_MS', 'CHECKPOINT_MS'], { expected })
  }
}

function checkSignals(settings: Settings, complain: Complain): void {
  const longest = Math.max(...settings.SIGNAL_HORIZONS_MS)
  if (settings.SIGNAL_WINDOW_MS <= longest) {
    const expected = `more than the longest of SIGNAL_HORIZONS_MS=${longest}`
    complain('SIGNAL_WINDOW_MS', ['SIGNAL_HORIZONS_MS'], { expected })
  }
}

function checkExchange(settings: Settings, proxy: ProxySettings | null, complain: Complain): void {
  if (!URL.canParse(settings.DERIBIT_URL)) {
    complain('DERIBIT_URL', [], { expected: allowedOf('DERIBIT_URL') })
  }
  const { DERIBIT_CLIENT_ID: id } = settings
  together(settings, complain, 'DERIBIT_CLIENT_ID', 'DERIBIT_CLIENT_SECRET')
  if (id !== undefined && isOpenToReaders(settings.DERIBIT_URL, proxy)) {
    complain('DERIBIT_URL', [], {
      expected: 'wss:// with a login, because ws:// sends the secret unencrypted',
    })
  }
  const [share = 0, shares = 1] = settings.PRODUCER_SHARD.split('/').map(Number)
  if (share >= shares) {
    complain('PRODUCER_SHARD', [], { expected: allowedOf('PRODUCER_SHARD') })
  }
  if (settings.BOOK_INTERVAL === 'raw') {
    if (settings.BOOK_MODE !== 'incremental') {
      complain('BOOK_INTERVAL', ['BOOK_MODE'], {
        expected: '100ms or agg2 with BOOK_MODE=grouped',
      })
    } else if (id === undefined) {
      const expected = '100ms or agg2 without DERIBIT_CLIENT_ID and DERIBIT_CLIENT_SECRET'
      complain('BOOK_INTERVAL', ['DERIBIT_CLIENT_ID'], { expected })
    }
  }
  if (settings.IMBALANCE_DEPTHS.every((depth) => depth > knownDepthOf(settings))) {
    const expected = `at least one depth up to BOOK_DEPTH=${settings.BOOK_DEPTH}`
    complain('IMBALANCE_DEPTHS', ['BOOK_DEPTH'], { expected })
  }
}
