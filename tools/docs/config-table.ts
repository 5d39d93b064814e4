import { settingRows } from '../../src/config/describe.ts'

const INTRODUCTION = `# Settings

Generated from \`src/config/settings.ts\` by \`npm run docs:generate\`; do not edit.

## Which settings are there?

All settings are environment variables. An empty variable counts as unset. Invalid values end the start with exit code 2
and one line per problem. An unknown variable with one of our prefixes is an error when it is close to a known name, else
a warning.

| variable | default | meaning | allowed |
| --- | --- | --- | --- |
`

const REST = `
Tracing is configured with the standard OpenTelemetry variables (\`OTEL_*\`): [tracing.md](tracing.md).

## How do I connect through a proxy?

With \`HTTPS_PROXY\` the connection to the exchange, and no other, goes through that HTTP proxy: by \`CONNECT\`, for ws://
as for wss://, whose TLS reaches from here to the exchange. Put user and password into the URL, percent-encoded; logs, errors and \`--check-config\` show \`[redacted]\` for them, and \`HTTPS_PROXY_FILE\` keeps them
out of the environment. The certificate of an https:// proxy is checked against the CAs that Node trusts;
\`NODE_EXTRA_CA_CERTS\` adds one.

An entry of \`NO_PROXY\` is

- \`*\`: no proxy at all;
- \`deribit.com\` or \`.deribit.com\`: this host and all below it; \`*.deribit.com\`: only those below it;
- an IP address, or a range such as \`10.0.0.0/8\`. Names are not looked up: an address excludes no name;
- one of these with a port, \`www.deribit.com:443\`: the host at this port.

\`https_proxy\` and \`no_proxy\` are read where the names in capitals are unset. \`HTTP_PROXY\` and \`ALL_PROXY\` are
not read. \`npm run demo\` and \`npm run stack\`, whose exchange is on this machine, use no proxy.

A proxy that refuses, is gone or does not answer within 10 s counts in \`orderbook_feed_connects_total\` like the exchange
itself: 407 as \`http_other\`. The readiness check \`feed\` and /api/v1/pipeline say that it was the proxy, and why.

## Which settings depend on each other?

These rules are checked at the start, and by \`--check-config\` without starting:

- \`ROLE=producer\` and \`ROLE=consumer\` require \`KAFKA_BROKERS\`. \`KAFKA_SSL\` and \`KAFKA_SASL_*\` are refused without it.
- \`KAFKA_TOPIC\` and \`KAFKA_TRADES_TOPIC\` must differ.
- \`KAFKA_SASL_MECHANISM=plain\` requires \`KAFKA_SSL=true\` for brokers on another host, as the password is sent in clear
  text. The \`KAFKA_SSL_*\` files always require it. Set \`KAFKA_SASL_MECHANISM\`, \`KAFKA_SASL_USERNAME\` and
  \`KAFKA_SASL_PASSWORD\` together.
- A certificate requires its key and the reverse, for the brokers and for \`HTTP_TLS_*\`. \`DERIBIT_CLIENT_ID\` requires
  \`DERIBIT_CLIENT_SECRET\`. Credentials over ws:// to another host are refused.
- \`BOOK_INTERVAL=raw\` requires \`BOOK_MODE=incremental\` and credentials.
- \`CHECKPOINT_MS\` must be below half of \`STALE_AFTER_MS\`, so that one lost checkpoint makes no book stale.
- \`WARMUP_MS\` must be at least \`CHECKPOINT_SNAPSHOT_MS\` + \`CHECKPOINT_MS\`, so that it contains a snapshot of every book.
- In grouped mode at least one of \`IMBALANCE_DEPTHS\` must be at most \`BOOK_DEPTH\`; deeper ones are ignored with a warning.

## Which settings must producers and consumers share?

Settings of two processes are not compared. Give all of them the same

- \`KAFKA_TOPIC\`, \`KAFKA_TRADES_TOPIC\` and \`TRADES\`: a consumer knows only what is in its topics.
- \`BOOK_MODE\` and \`BOOK_DEPTH\`: they decide how far back a consumer reads at its start, and which \`IMBALANCE_DEPTHS\`
  exist. Producers of one topic also need the same \`BOOK_GROUP\` and \`BOOK_INTERVAL\`: of two channels of one
  instrument the first one counts until it is silent.
- \`CHECKPOINT_MS\`, \`CHECKPOINT_SNAPSHOT_MS\` and \`STALE_AFTER_MS\`: the rules above join settings of both roles.
- \`KAFKA_PARTITIONS\`, \`KAFKA_REPLICATION_FACTOR\` and \`KAFKA_RETENTION_*\`: the role that starts first creates the topics.

\`KAFKA_GROUP_ID\` is the same for consumers that share the partitions. \`PRODUCER_SHARD\` differs between producers that
share the instruments ([scaling.md](scaling.md)).

## What alerts and dashboards do not know

Rules and dashboard thresholds use the defaults. If you change \`STALE_AFTER_MS\` or \`MAX_RECORD_AGE_MS\`, change
\`staleSeconds\` or \`consumerLagSeconds\` in \`prometheus/src/thresholds.ts\` too and run \`npm run ops:generate\`.
Staleness itself follows the setting: its alert reads the state of the book.
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
