import { writeValue } from './describe.ts'
import { allowedOf, settingProblem } from './environment.ts'
import type { ProxySettings } from './proxy.ts'
import type { SettingName, Settings } from './settings.ts'

/** Levels a side that the subscribed channel shows. */
export function knownDepthOf({ BOOK_MODE, BOOK_DEPTH }: Settings): number {
  return BOOK_MODE === 'grouped' ? BOOK_DEPTH : Number.POSITIVE_INFINITY
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether what is sent to an address can be read on the way; a proxy is on the way. */
function isOpenToReaders(url: string, proxy: ProxySettings | null): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  const isHere = proxy === null || LOOPBACK.test(new URL(proxy.url).hostname)
  return protocol === 'ws:' && !(LOOPBACK.test(hostname) && isHere)
}

/** Says of a setting what is allowed beside others; where one of them is unusable, nothing. */
type Complain = (name: SettingName, others: SettingName[], allowed: string) => void

/** Rules that join several settings; one that joins an unusable setting says nothing. */
export function findConflicts(
  settings: Settings,
  unusable: ReadonlySet<SettingName>,
  proxy: ProxySettings | null,
): string[] {
  const problems: string[] = []
  const complain: Complain = (name, others, allowed) => {
    if ([name, ...others].some((joined) => unusable.has(joined))) return
    const value = settings[name]
    const written = value === undefined ? undefined : writeValue(value)
    problems.push(settingProblem(name, written, allowed))
  }
  checkBrokers(settings, complain)
  checkExchange(settings, proxy, complain)
  checkTimes(settings, complain)
  together(settings, complain, 'HTTP_TLS_CERT_FILE', 'HTTP_TLS_KEY_FILE')
  return problems
}

function checkBrokers(settings: Settings, complain: Complain): void {
  if (settings.ROLE !== 'all' && settings.KAFKA_BROKERS === undefined) {
    const allowed = `${allowedOf('KAFKA_BROKERS')}; needed with ROLE=${settings.ROLE}`
    complain('KAFKA_BROKERS', ['ROLE'], allowed)
  }
  if (settings.KAFKA_TOPIC === settings.KAFKA_TRADES_TOPIC) {
    complain('KAFKA_TRADES_TOPIC', ['KAFKA_TOPIC'], 'another name than KAFKA_TOPIC')
  }
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SSL: isTls } = settings
  for (const name of ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const) {
    if (settings[name] !== undefined && !isTls) {
      complain(name, ['KAFKA_SSL'], 'unset without KAFKA_SSL=true')
    }
  }
  together(settings, complain, 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE')
  together(settings, complain, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD')
  together(settings, complain, 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME')
  if (settings.KAFKA_BROKERS === undefined) {
    if (isTls) complain('KAFKA_SSL', ['KAFKA_BROKERS'], 'false without KAFKA_BROKERS')
    if (mechanism !== undefined) {
      complain('KAFKA_SASL_MECHANISM', ['KAFKA_BROKERS'], 'unset without KAFKA_BROKERS')
    }
  } else if (mechanism === 'plain' && !isTls && !settings.KAFKA_BROKERS.every(isLocalBroker)) {
    const allowed = 'true with KAFKA_SASL_MECHANISM=plain, which sends the password in the clear'
    complain('KAFKA_SSL', ['KAFKA_SASL_MECHANISM', 'KAFKA_BROKERS'], allowed)
  }
}

function isLocalBroker(broker: string): boolean {
  return LOOPBACK.test(broker.replace(/:[0-9]+$/, ''))
}

/** Two settings of which one is of no use without the other. */
function together(settings: Settings, complain: Complain, a: SettingName, b: SettingName): void {
  if ((settings[a] === undefined) === (settings[b] === undefined)) return
  const [missing, other] = settings[a] === undefined ? [a, b] : [b, a]
  complain(missing, [other], `${allowedOf(missing)}; needed together with ${other}`)
}

function checkTimes(settings: Settings, complain: Complain): void {
  if (settings.CHECKPOINT_MS >= settings.STALE_AFTER_MS / 2) {
    const allowed = `below half of STALE_AFTER_MS=${settings.STALE_AFTER_MS}`
    complain('CHECKPOINT_MS', ['STALE_AFTER_MS'], allowed)
  }
  const leastWarmupMs = settings.CHECKPOINT_SNAPSHOT_MS + settings.CHECKPOINT_MS
  if (settings.WARMUP_MS < leastWarmupMs) {
    const allowed = `at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = ${leastWarmupMs}`
    complain('WARMUP_MS', ['CHECKPOINT_SNAPSHOT_MS', 'CHECKPOINT_MS'], allowed)
  }
}

function checkExchange(settings: Settings, proxy: ProxySettings | null, complain: Complain): void {
  if (!URL.canParse(settings.DERIBIT_URL)) complain('DERIBIT_URL', [], allowedOf('DERIBIT_URL'))
  const { DERIBIT_CLIENT_ID: id } = settings
  together(settings, complain, 'DERIBIT_CLIENT_ID', 'DERIBIT_CLIENT_SECRET')
  if (id !== undefined && isOpenToReaders(settings.DERIBIT_URL, proxy)) {
    complain('DERIBIT_URL', [], 'wss:// with a login, as ws:// would send the secret in the clear')
  }
  const [share = 0, shares = 1] = settings.PRODUCER_SHARD.split('/').map(Number)
  if (share >= shares) complain('PRODUCER_SHARD', [], allowedOf('PRODUCER_SHARD'))
  if (settings.BOOK_INTERVAL === 'raw') {
    if (settings.BOOK_MODE !== 'incremental') {
      complain('BOOK_INTERVAL', ['BOOK_MODE'], '100ms or agg2 with BOOK_MODE=grouped')
    } else if (id === undefined) {
      const allowed = '100ms or agg2 without DERIBIT_CLIENT_ID and DERIBIT_CLIENT_SECRET'
      complain('BOOK_INTERVAL', ['DERIBIT_CLIENT_ID'], allowed)
    }
  }
  if (settings.IMBALANCE_DEPTHS.every((depth) => depth > knownDepthOf(settings))) {
    const allowed = `at least one depth within BOOK_DEPTH=${settings.BOOK_DEPTH}`
    complain('IMBALANCE_DEPTHS', ['BOOK_DEPTH'], allowed)
  }
}
