/** Words that no identifier, file or folder may contain (lower case, several parts with a space), and what to use. */
export const RETIRED: Readonly<Record<string, string>> = {
  picture: 'snapshot, grouped snapshot',
  pictures: 'snapshots, grouped snapshots',
  verdict: 'apply result',
  verdicts: 'apply results',
  'feed line': 'connection',
  'line owner': 'producer arbiter',
  'instrument word': 'instrument status',
  'instrument words': 'instrument statuses',
  'left out': 'over limit, excluded, dropped',
  companion: 'trades topic',
  chain: 'sequence',
  chains: 'sequences',
  proof: 'verification',
  proven: 'verified',
  prove: 'verify',
  vouch: 'verify',
  vouched: 'verified',
  stamp: 'timestamp',
  stamps: 'timestamps, times',
  lane: 'partition sender',
  lanes: 'partition senders',
  tally: 'delivery counts',
  tallies: 'delivery counts',
  cell: 'series',
  cells: 'series',
  followed: 'sampled, subscribed',
  gate: 'hook, sampler',
  hasten: 'speed up',
  hastened: 'sped up',
  hurry: 'drain',
  hurried: 'draining',
  anew: 'again; recreated, restarted',
  moment: 'Instant, event time',
  moments: 'Instant, event time',
  anchor: 'Instant',
  waits: 'timer group',
  outward: 'connection settings',
  judge: 'check, validate',
  judged: 'checked',
  judges: 'checks',
  judgement: 'result, state',
  told: 'reported, notified',
  tells: 'reports, notifies',
  news: 'change, update',
  truth: 'reference',
  mend: 'fix, recover',
  bender: 'fault',
  venue: 'context',
  poison: 'rejected record',
  room: 'module, capacity',
  arrow: 'dependency',
  take: 'apply, accept, dequeue',
  taken: 'applied, accepted',
}

/** Phrases that no comment, message or page may contain; regular expressions, matched as whole words. */
export const PHRASES: Readonly<Record<string, string>> = {
  '(whole )?pictures?': 'snapshot, grouped snapshot',
  'verdicts?': 'apply result',
  'feed lines?': 'connection',
  '(B|A and B) lines?': 'redundant producers, active producer',
  "the exchange's word": 'instrument status',
  'left out( whole)?': 'over the limit, excluded, dropped',
  '(a|the) companion( topic)?': 'trades topic',
  'chain (of|is|was|breaks?|cuts?)': 'sequence',
  'proofs? (of|that|ran)|proven|proves itself|vouch(es|ed)?( for)?': 'verification, verified',
  'lanes?': 'partition sender',
  'tally|tallies': 'delivery counts',
  'hasten(s|ed)?': 'speed up',
  anew: 'again; recreate, resubscribe, restart, reread',
  'stage [12]': 'ingest, process; producer, consumer',
  'turns? of the (event )?loop': 'tick of the event loop',
  '(is|are|was|were) judged|judges?': 'validate, check',
  'to be told of|is told of|was told of': 'notify, report',
  'mends?|mended': 'fix, recover',
  'page of metrics|metrics page': 'exposition',
}

/** The few uses that are not the retired sense, by the start of the path. */
export const ALLOWED: readonly {
  readonly words: readonly string[]
  readonly files: readonly string[]
}[] = [
  // Cells of arrays and of tables.
  {
    words: ['cell', 'cells'],
    files: ['src/analytics/ring.ts', 'web/', 'test/', 'tools/', 'bench/', 'grafana/'],
  },
  // The taker of an order; names and time that are in use; a fake sink of a socket.
  {
    words: ['take', 'taken'],
    files: ['src/simulator/market/', 'test/', 'tools/', 'bench/'],
  },
  // Room in a queue or a chart.
  { words: ['room'], files: ['src/process/', 'tools/docs/chart.ts'] },
  { words: ['arrow'], files: ['web/'] },
  // Images of the dashboards.
  {
    words: ['picture', 'pictures'],
    files: ['tools/ops/', 'test/ops/dashboards/', 'CONTRIBUTING.md', '.dependency-cruiser.mjs'],
  },
  // A value that another one follows.
  { words: ['followed'], files: ['src/analytics/', 'src/signals/'] },
  // The attribute text-anchor of SVG.
  { words: ['anchor'], files: ['tools/docs/chart.ts'] },
  // A method of fast-check.
  { words: ['chain'], files: ['test/topic/kafka/produce/'] },
  { words: ['poison'], files: ['test/pipeline/poison.test.ts'] },
]
