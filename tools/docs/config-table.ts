import { settingRows } from '../../src/config/settings-table.ts'

const INTRODUCTION = `# Settings

Generated from \`src/config/settings.ts\` by \`npm run docs:generate\`; do not edit.

Environment variables; an empty one counts as unset. A value that is not allowed ends the start with exit
code 2 and one line for every problem. A variable that begins like one of ours but is unknown is an error
when it is close to a known name, else a warning.

| variable | default | meaning | allowed |
| --- | --- | --- | --- |
`

const REST = `
Tracing is switched on by the standard variables of OpenTelemetry (\`OTEL_*\`): [tracing.md](tracing.md).

## Through a proxy

With \`HTTPS_PROXY\` the connection to the exchange, and no other, goes through that HTTP proxy: by \`CONNECT\`, for ws://
as for wss://, whose TLS reaches from here to the exchange. User and password stand in the address, percent-encoded where
they have to be; logs, errors and \`--check-config\` show \`[redacted]\` for them, and \`HTTPS_PROXY_FILE\` keeps them
out of the environment. The certificate of an https:// proxy is checked by the authorities that Node trusts;
\`NODE_EXTRA_CA_CERTS\` adds one.

An entry of \`NO_PROXY\` is

- \`*\`: no proxy at all;
- \`deribit.com\` or \`.deribit.com\`: this host and all below it; \`*.deribit.com\`: only those below it;
- an IP address, or a range such as \`10.0.0.0/8\`. Names are not looked up: an address excludes no name;
- one of these with a port, \`www.deribit.com:443\`: the host at this port.

\`https_proxy\` and \`no_proxy\` are read where the names in capitals are unset. \`HTTP_PROXY\` and \`ALL_PROXY\` are
not read. \`npm run demo\` and \`npm run stack\`, whose exchange is on this machine, take no proxy.

A proxy that refuses, is gone or does not answer within 10 s counts in \`orderbook_feed_connects_total\` like the exchange
itself: 407 as \`http_other\`. The readiness check \`feed\` and /api/v1/pipeline say that it was the proxy, and why.

## What goes together

Each of these is judged at the start, and \`--check-config\` judges them without one:

- \`ROLE=producer\` and \`ROLE=consumer\` need \`KAFKA_BROKERS\`; \`KAFKA_SSL\` and \`KAFKA_SASL_*\` are refused without it.
- \`KAFKA_TOPIC\` and \`KAFKA_TRADES_TOPIC\` are two topics.
- \`KAFKA_SASL_MECHANISM=plain\` needs \`KAFKA_SSL=true\` where a broker is on another host, as the password is sent in the
  clear; the files of \`KAFKA_SSL_*\` need it always. \`KAFKA_SASL_MECHANISM\`, \`KAFKA_SASL_USERNAME\` and
  \`KAFKA_SASL_PASSWORD\` are set all or none.
- A certificate and its key are set both or neither, for the brokers as for \`HTTP_TLS_*\`; so are \`DERIBIT_CLIENT_ID\` and
  \`DERIBIT_CLIENT_SECRET\`. A login over ws:// to another host is refused.
- \`BOOK_INTERVAL=raw\` needs \`BOOK_MODE=incremental\` and a login.
- \`CHECKPOINT_MS\` is below half of \`STALE_AFTER_MS\`, so that one lost checkpoint makes no book stale.
- \`WARMUP_MS\` is at least \`CHECKPOINT_SNAPSHOT_MS\` + \`CHECKPOINT_MS\`, so that a whole picture of every book lies within.
- At least one of \`IMBALANCE_DEPTHS\` is at most \`BOOK_DEPTH\` in grouped mode; deeper ones are left out with a warning.

## What producers and consumers have to agree on

Nobody compares the settings of two processes. Give all of them the same

- \`KAFKA_TOPIC\`, \`KAFKA_TRADES_TOPIC\` and \`TRADES\`: a consumer knows what is in its topics, and nothing else.
- \`BOOK_MODE\` and \`BOOK_DEPTH\`: a consumer takes from them how far back it reads at its start, and which
  \`IMBALANCE_DEPTHS\` there can be. Producers of one topic also need the same \`BOOK_GROUP\` and \`BOOK_INTERVAL\`: of
  two channels of one instrument the one that came first counts, until it is silent.
- \`CHECKPOINT_MS\`, \`CHECKPOINT_SNAPSHOT_MS\` and \`STALE_AFTER_MS\`: the rules above join those of the producer with
  those of the consumer.
- \`KAFKA_PARTITIONS\`, \`KAFKA_REPLICATION_FACTOR\` and \`KAFKA_RETENTION_*\`: whoever starts first makes the topics.

\`KAFKA_GROUP_ID\` is the same for consumers that share the work; \`PRODUCER_SHARD\` differs between producers that do
([scaling.md](scaling.md)).

## What alerts and dashboards do not know

The rules of Prometheus and the lines in the dashboards stand for the defaults. Who changes \`STALE_AFTER_MS\` or
\`MAX_RECORD_AGE_MS\` changes \`staleSeconds\` or \`consumerLagSeconds\` in \`prometheus/src/thresholds.ts\` too, and runs
\`npm run ops:generate\`: else a book may page that is live by the new setting.
`

/** The reference page of the settings. */
export function renderConfigPage(): string {
  const rows = settingRows().map(({ name, default: fallback, description, allowed }) => {
    const written = fallback === '' ? 'unset' : `\`${fallback}\``
    return `| \`${name}\` | ${written} | ${cell(description)} | ${cell(allowed)} |`
  })
  return `${INTRODUCTION}${rows.join('\n')}\n${REST}`
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
