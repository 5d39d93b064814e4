// The import rules of ARCHITECTURE.md. A part may import what its row names and nothing else of
// `src/`; its file `metrics.ts` may import `observability/` too. test/tools/check/import-rules.test.ts
// has a failing example for every rule.

/** Part -> what it may import, and why not more. */
const PARTS = {
  time: [['errors'], 'clocks and timers depend on nothing else'],
  model: [[], 'the vocabulary has no dependencies'],
  book: [['model'], 'the book is pure: testable without socket or clock'],
  analytics: [['model', 'book'], 'the numbers are pure functions of book states'],
  signals: [['model', 'book', 'analytics'], 'the signals are pure functions of books and trades'],
  deribit: [
    ['model', 'time', 'errors', 'recording'],
    'the exchange edge delivers frames and does not depend on their receiver',
  ],
  ingest: [
    ['model', 'time', 'errors', 'book'],
    'ingest and process meet only at the topic, so each runs alone',
  ],
  topic: [['model', 'time', 'errors'], 'the topic carries bytes and knows nothing about books'],
  process: [
    ['model', 'time', 'errors', 'book', 'analytics', 'signals'],
    'ingest and process meet only at the topic; the parser is an argument',
  ],
  numbers: [['model', 'time'], 'the numbers read the books and reach the topic through ports'],
  http: [['model', 'time', 'errors'], 'the API reads ports, so that it runs without a pipeline'],
  observability: [['model', 'time'], 'metric names depend on nothing; other folders import them'],
  recording: [['errors'], 'the format of recordings is independent of who writes and reads them'],
  simulator: [
    ['model', 'time', 'errors', 'book', 'deribit/protocol/messages', 'recording', 'runtime'],
    'a simulator built from the tested code would share its bugs',
  ],
  'commands/verify': [
    ['commands', 'config', 'deribit', 'errors', 'recording', 'runtime'],
    'the exchange is checked against the reference, not against this service',
  ],
  config: [['errors'], 'the settings are read before anything is built'],
  errors: [[], 'every part throws them'],
}

/** Package -> the only place that knows it. */
const PACKAGES = [
  ['kafkajs', 'src/topic/kafka/', 'its retries and errors are handled in one folder'],
  ['ws', 'src/(deribit|simulator)/', 'sockets belong to the two ends of the exchange protocol'],
  ['https-proxy-agent', 'src/deribit/', 'only the way to the exchange leads through a proxy'],
  ['(fastify|@fastify/[^/]+)', 'src/http/', 'every other part is used without a web framework'],
  ['pino', 'src/observability/', 'parts log through the port of model/'],
  ['(prom-client|@prometheus-io/[^/]+)', 'src/observability/', 'metrics come from the catalogue'],
  [
    '@opentelemetry/(?!configuration/)[^/]+',
    'src/observability/tracing/',
    'other folders know ids and timestamps, no SDK',
  ],
  [
    '(?<parser>@opentelemetry/configuration)',
    'src/config/otel\\.ts$',
    'a configuration file is refused where the variables are',
  ],
  ['close-with-grace', 'src/[^/]+\\.ts$', 'only the entry of the process hears signals'],
]

const pathOf = (part) => `^src/${part}(/|\\.ts$)`

function partRule([part, [allowed, comment]]) {
  const own = [part, ...allowed].map(pathOf)
  return {
    name: `${part}-imports-only-its-row`,
    comment: `${part} may import ${allowed.join(', ') || 'nothing'}: ${comment}`,
    severity: 'error',
    from: {
      path: pathOf(part),
      pathNot: `^src/${part}/(metrics|market-collector|signal-collector)\\.ts$`,
    },
    to: { path: '^src/', pathNot: own },
  }
}

function metricsRule([part, [allowed]]) {
  return {
    name: `${part}-metrics-imports-only-its-row`,
    comment: `metrics.ts makes the instruments of ${part} from the catalogue; else its row holds`,
    severity: 'error',
    from: { path: `^src/${part}/(metrics|market-collector|signal-collector)\\.ts$` },
    to: { path: '^src/', pathNot: [part, 'observability', ...allowed].map(pathOf) },
  }
}

function packageRule([name, home, comment]) {
  return {
    name: `${
      name
        .replaceAll(/[^a-z-]+/g, ' ')
        .trim()
        .split(' ')[0]
    }-only-at-home`,
    comment,
    severity: 'error',
    from: { path: '^src/', pathNot: `^${home}` },
    to: { path: `node_modules/${name}/` },
  }
}

/** The parts that measure. */
const MEASURED = ['ingest', 'process', 'topic', 'deribit', 'http']

export default {
  forbidden: [
    ...Object.entries(PARTS).map(partRule),
    ...Object.entries(PARTS)
      .filter(([part]) => MEASURED.includes(part))
      .map(metricsRule),
    ...PACKAGES.map(packageRule),
    {
      name: 'heart-stays-pure',
      comment:
        'model, book, analytics and signals use no package and no built-in: time and data are arguments',
      severity: 'error',
      from: { path: '^src/(model|book|analytics|signals)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'core'] },
    },
    {
      name: 'src-stands-alone',
      comment: 'what is published is src/ alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools|bench|grafana|web|client)/' },
    },
    {
      name: 'web-uses-the-api',
      comment: 'the page knows what the API says, by way of the client, and nothing of the inside',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|test|tools|bench|grafana)/' },
    },
    {
      name: 'no-package-of-development',
      comment: 'packages that only developers have are not there for users',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-undeclared-package',
      comment: 'a package that only another one brought may vanish with it',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycle',
      comment:
        'of two modules in a cycle neither can be read or loaded without the other, types included',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-missing-module',
      comment: 'an import has to lead somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dead-module',
      comment: 'what src/bin.ts does not reach, nobody runs; a worker is started by its address',
      severity: 'error',
      from: { path: '^src/bin\\.ts$' },
      to: { path: '^src/', pathNot: '-worker\\.ts$', reachable: false },
    },
  ],
  options: {
    // Imports of types count: a port belongs to model/.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // The pictures have packages of their own, which are seldom installed.
    exclude: { path: '^(dist|coverage|tools/dashboard-pictures)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
  },
}
