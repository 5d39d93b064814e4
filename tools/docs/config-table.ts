import { settingRows } from '../../src/config/describe.ts'

const INTRODUCTION = `# Settings

Generated from \`src/config/settings.ts\` by \`npm run docs:generate\`; do not edit.

## Which settings are there?

All settings are environment variables. An empty variable counts as unset. With invalid values the service does not start:
it prints one line per problem and exits with code 2. So it does for an unknown variable that resembles a setting, such as
\`KAFKA_BROKER\`. Any other unknown variable with the prefix of a setting is a warning.

| variable | default | meaning | allowed |
| --- | --- | --- | --- |
`

const REST = `
Tracing is configured with the standard OpenTelemetry variables (\`OTEL_*\`): [tracing.md](tracing.md).

## How do I connect through a proxy?

Set \`HTTPS_PROXY\`. Only the connection to the exchange uses the proxy, by \`CONNECT\`, for ws:// and wss:// alike. With
wss:// the proxy does not see the data.

- Put user and password into the URL, percent-encoded. Logs, errors and \`--check-config\` show them as \`[redacted]\`. To
  keep them out of the environment, write the URL into a file and set \`HTTPS_PROXY_FILE\`.
- The certificate of an https:// proxy is checked against the CAs that Node trusts; \`NODE_EXTRA_CA_CERTS\` adds one.
- \`https_proxy\` and \`no_proxy\` are read if the names in capitals are unset. \`HTTP_PROXY\` and \`ALL_PROXY\` are not read.
- \`npm run demo\` and \`npm run stack\` use no proxy, because their exchange is on the same machine.

An entry of \`NO_PROXY\` is

- \`*\`: no proxy at all;
- \`deribit.com\` or \`.deribit.com\`: this host and all subdomains; \`*.deribit.com\`: only the subdomains;
- an IP address, or a range such as \`10.0.0.0/8\`. It applies only if \`DERIBIT_URL\` has an IP address: host names are not
  resolved;
- one of these with a port, such as \`www.deribit.com:443\`: the host at this port only.

If the proxy refuses, is unreachable or does not answer within 10 s, the attempt counts in \`orderbook_feed_connects_total\`
with the same results as for the exchange (status 407 as \`http_other\`). The readiness check \`feed\` and
\`/api/v1/pipeline\` give the reason, which begins with \`proxy\`.

## Which settings depend on each other?

The service checks these rules when it starts. \`--check-config\` checks them without starting it.

- \`ROLE=producer\` and \`ROLE=consumer\` require \`KAFKA_BROKERS\`. So do \`KAFKA_SSL\` and \`KAFKA_SASL_*\`.
- \`KAFKA_TOPIC\` and \`KAFKA_TRADES_TOPIC\` must differ.
- \`KAFKA_SASL_MECHANISM\`, \`KAFKA_SASL_USERNAME\` and \`KAFKA_SASL_PASSWORD\` must be set together.
- \`KAFKA_SASL_MECHANISM=plain\` requires \`KAFKA_SSL=true\` for brokers on another host, because it sends the password in
  clear text. The \`KAFKA_SSL_*\` files always require \`KAFKA_SSL=true\`.
- A certificate requires its key, and a key its certificate, for the brokers and for \`HTTP_TLS_*\`.
- \`DERIBIT_CLIENT_ID\` requires \`DERIBIT_CLIENT_SECRET\`. Credentials are refused with a ws:// URL of another host.
- \`BOOK_INTERVAL=raw\` requires \`BOOK_MODE=incremental\` and credentials.
- \`CHECKPOINT_MS\` must be below half of \`STALE_AFTER_MS\`, so that one lost checkpoint makes no book stale.
- \`WARMUP_MS\` must be at least \`CHECKPOINT_SNAPSHOT_MS\` + \`CHECKPOINT_MS\`, so that it contains a snapshot of every book.
  Windows longer than what is left of it have a \`coverage\` below 1 at first.
- In grouped mode at least one of \`IMBALANCE_DEPTHS\` must be at most \`BOOK_DEPTH\`; deeper ones are ignored with a warning.

## Which settings must producers and consumers share?

A process cannot see the settings of another one. Set these to the same values everywhere:

- \`KAFKA_TOPIC\`, \`KAFKA_TRADES_TOPIC\` and \`TRADES\`: a consumer knows only what is in its topics.
- \`BOOK_MODE\` and \`BOOK_DEPTH\`: in a consumer they decide how far back it reads when it starts, and which
  \`IMBALANCE_DEPTHS\` exist.
- \`BOOK_GROUP\` and \`BOOK_INTERVAL\` of producers that write to one topic: if they publish different channels of an
  instrument, consumers use the first one until it is silent.
- \`CHECKPOINT_MS\`, \`CHECKPOINT_SNAPSHOT_MS\` and \`STALE_AFTER_MS\`: the producer uses the first two, the consumer the
  last, and the rules above connect them.
- \`KAFKA_PARTITIONS\`, \`KAFKA_REPLICATION_FACTOR\` and \`KAFKA_RETENTION_*\`: the process that starts first creates the
  topics.

\`KAFKA_GROUP_ID\` is the same for consumers that share the partitions. \`PRODUCER_SHARD\` differs between producers that
share the instruments ([scaling.md](scaling.md)).

## Which settings must alerts and dashboards know?

Two thresholds are copies of the defaults. If you change the setting, change the threshold in
\`prometheus/src/thresholds.ts\` too and run \`npm run ops:generate\`:

- \`STALE_AFTER_MS\`: \`staleSeconds\`, a limit that the dashboards draw. The alerts on stale books read the state of the
  book, so they follow the setting without a change.
- \`MAX_RECORD_AGE_MS\`: \`consumerLagSeconds\`, a limit that the dashboards draw and OrderBookConsumerLagging fires at.
`

/** The reference page of the settings. */
export function renderConfigPage(): string {
  const rows = settingRows().map(({ name, default: fallback, description, allowed }) => {
    const written = fallback === '' ? 'unset' : `\`${fallback}\``
    return `| \`${name}\` | ${written} | ${cell(description)} | ${cell(allowed)} |`
  })
  return `${INTRODUCTION}${rows.join('\n')}\n${REST}`
}

/** Escapes the separator of cells. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
