import { readFileSync } from 'node:fs'
import { output } from '../ops/programs.ts'
import { expectNone, get, getJson, until } from './probe.ts'
import { ADDRESSES, type ContainerStack, words } from './stack.ts'

/** One check of the running stack. Throws with what is wrong. */
export interface Check {
  readonly title: string
  readonly run: (stack: ContainerStack) => Promise<void>
}

/** Checks of a stack that is up, in this order: the last ones end it. */
export const CHECKS = {
  healthy: { title: 'every container runs, healthy where it has a health check', run: checkHealth },
  ready: { title: 'producer and consumers are ready', run: checkReady },
  page: { title: 'live page', run: checkPage },
  books: { title: 'one address has every book: REST and stream', run: checkBooks },
  settings: {
    title: 'settings of every container pass --check-config --strict',
    run: checkSettings,
  },
  targets: { title: 'Prometheus scrapes every target and knows Alertmanager', run: checkTargets },
  alerts: { title: 'only Watchdog fires', run: checkAlerts },
  dashboards: { title: 'Grafana has dashboards and data sources', run: checkDashboards },
  traces: { title: 'traces arrive', run: checkTraces },
  loopback: { title: 'nothing listens beyond 127.0.0.1', run: checkLoopback },
  contained: {
    title: 'no root, no writable root, no capabilities, no memory kill',
    run: checkContained,
  },
  volumes: { title: 'no anonymous volumes', run: checkVolumes },
  quiet: { title: 'the broker logs no more than warnings', run: checkQuiet },
  outage: { title: 'broker killed: not ready; started: ready again', run: checkOutage },
  stop: { title: 'everything stops in order within its grace period', run: checkStop },
  down: { title: 'down leaves nothing but the named volumes', run: checkDown },
} as const satisfies Readonly<Record<string, Check>>

async function checkHealth(stack: ContainerStack): Promise<void> {
  const services = await stack.services()
  await until(90, async () => {
    const containers = await stack.containers()
    const missing = services.filter((name) => !containers.some((each) => each.name === name))
    const unhealthy = containers.filter(
      ({ pid, health }) => pid === 0 || (health !== null && health !== 'healthy'),
    )
    const reasons = unhealthy.map(async ({ id, name, health, exitCode }) => {
      return `${name}: ${health}, exit code ${exitCode}: ${await stack.lastLine(id)}`
    })
    expectNone([
      ...missing.map((name) => `${name} has no container`),
      ...(await Promise.all(reasons)),
    ])
  })
  const { exitCode = 0 } = (await stack.containers()).find(({ exitCode: code }) => code !== 0) ?? {}
  if (exitCode !== 0) throw new Error(`a container was restarted after exit code ${exitCode}`)
}

async function checkReady(): Promise<void> {
  for (const address of [ADDRESSES.all, ADDRESSES.producer, ...ADDRESSES.consumers]) {
    await until(60, () => get(`${address}/readyz`))
  }
}

async function checkPage(): Promise<void> {
  const page = await until(30, () => get(`${ADDRESSES.all}/`))
  if (!page.includes('<title>orderbook-exporter')) throw new Error(page.slice(0, 500))
}

async function checkBooks(): Promise<void> {
  const namesOf = async (address: string) => {
    const { snapshots } = (await getJson(`${address}/api/v1/snapshots`)) as {
      snapshots: { instrument: string }[]
    }
    return snapshots.map(({ instrument }) => instrument)
  }
  await until(30, async () => {
    const parts = await Promise.all(ADDRESSES.consumers.map(namesOf))
    const all = await namesOf(ADDRESSES.all)
    // With the default instruments each consumer has some.
    const empty = parts.filter((names) => names.length === 0).length
    if (empty > 0) throw new Error(`${empty} of the consumers has no live book`)
    const missing = parts.flat().filter((name) => !all.includes(name))
    expectNone(missing.map((name) => `${ADDRESSES.all} has no live book of ${name}`))
    const names = parts.map(([first = '']) => first)
    for (const name of names) await get(`${ADDRESSES.all}/api/v1/snapshots/${name}`)
    await readStream(`${ADDRESSES.all}/api/v1/stream?instruments=${names.join(',')}`, names)
  })
}

/** Reads server-sent events until a snapshot of each instrument has come. */
async function readStream(url: string, names: readonly string[]): Promise<void> {
  const wanted = new Set(names)
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8')
    for (const [, name = ''] of text.matchAll(
      /^event: snapshot\n(?:id: .*\n)?data: \{"instrument":"([^"]+)"/gm,
    ))
      wanted.delete(name)
    if (wanted.size === 0) return
  }
  throw new Error(`${url} ended without ${[...wanted].join(', ')}`)
}

const STRICT = ['node', 'dist/bin.js', '--check-config', '--strict']

async function checkSettings(stack: ContainerStack): Promise<void> {
  const own = ['producer-offline', 'consumer-all', 'consumer-1', 'consumer-2']
  await Promise.all(
    own.map(async (service) => stack.engine.docker(['exec', await stack.idOf(service), ...STRICT])),
  )
}

async function checkTargets(): Promise<void> {
  await until(60, async () => {
    const { data } = (await getJson(`${ADDRESSES.prometheus}/api/v1/targets`)) as {
      data: { activeTargets: { scrapeUrl: string; health: string; lastError: string }[] }
    }
    const down = data.activeTargets.filter(({ health }) => health !== 'up')
    if (data.activeTargets.length < 4) throw new Error(`${data.activeTargets.length} targets`)
    expectNone(
      down.map(({ scrapeUrl, health, lastError }) => `${scrapeUrl}: ${health} ${lastError}`),
    )
  })
}

async function checkAlerts(): Promise<void> {
  // Its arrival shows that Prometheus reaches Alertmanager.
  await until(60, async () => {
    const alerts = (await getJson(`${ADDRESSES.alertmanager}/api/v2/alerts`)) as {
      labels: { alertname: string }
    }[]
    const names = [...new Set(alerts.map(({ labels }) => labels.alertname))].sort()
    if (names.join() !== 'Watchdog') throw new Error(`alerts: ${names.join(', ') || 'none'}`)
  })
}

async function checkDashboards(stack: ContainerStack): Promise<void> {
  await until(30, async () => {
    const { dashboards, unreachable } = (await getJson(`${ADDRESSES.grafana}/stand-in`)) as {
      dashboards: string[]
      unreachable: string[]
    }
    expectNone(unreachable.map((url) => `the data source ${url} does not answer`))
    const shipped = words((await output('ls', [stack.path('grafana', 'dashboards')])).stdout)
    const missing = shipped.filter((name) => !dashboards.includes(name))
    expectNone(missing.map((name) => `the dashboard ${name} is not there`))
  })
}

async function checkTraces(stack: ContainerStack): Promise<void> {
  const tempo = await stack.idOf('tempo')
  const query = 'fetch("http://127.0.0.1:3200").then((a) => a.text()).then(console.log)'
  await until(30, async () => {
    const text = await stack.engine.docker(['exec', tempo, 'node', '--eval', query])
    const { requests } = JSON.parse(text) as { requests: number }
    if (requests === 0) throw new Error('Tempo has got no spans')
  })
}

async function checkLoopback(): Promise<void> {
  const { stdout } = await output('ss', ['-Hltn'])
  const open = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[3] ?? '')
    // Docker's name server listens on 127.0.0.11 in the containers.
    .filter((address) => address !== '' && !/^(127\.0\.0\.\d+|\[::1\]):/.test(address))
  expectNone(open.map((address) => `${address} is open`))
}

async function checkContained(stack: ContainerStack): Promise<void> {
  const containers = await stack.containers()
  const problems = containers.flatMap(({ name, pid, isReadOnly, isOutOfMemory, restartPolicy }) => {
    if (pid === 0) return [`${name} does not run`]
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const valueOf = (key: string) => new RegExp(`^${key}:\\s+(\\S+)`, 'm').exec(status)?.[1]
    return [
      ...(valueOf('Uid') === '0' ? [`${name} runs as root`] : []),
      ...(/^0+$/.test(valueOf('CapEff') ?? '') ? [] : [`${name} has capabilities`]),
      ...(valueOf('NoNewPrivs') === '1' ? [] : [`${name} may gain privileges`]),
      ...(isReadOnly ? [] : [`${name} has a writable root`]),
      ...(isOutOfMemory ? [`${name} was killed for its memory`] : []),
      ...(restartPolicy === 'on-failure:5' ? [] : [`${name} restarts ${restartPolicy}`]),
    ]
  })
  expectNone(problems)
}

async function checkVolumes(stack: ContainerStack): Promise<void> {
  const names = words(await stack.engine.docker(['volume', 'ls', '--quiet']))
  const others = names.filter((name) => !name.startsWith(`${stack.projectName}_`))
  expectNone(others.map((name) => `volume ${name} has no name of the project`))
}

async function checkQuiet(stack: ContainerStack): Promise<void> {
  const logs = await stack.compose(['logs', '--no-color', 'kafka'])
  const lines = logs.split('\n').filter((line) => / (TRACE|DEBUG|INFO) /.test(line))
  if (lines.length > 0) throw new Error(`${lines.length} lines, such as ${lines[0] ?? ''}`)
}

async function checkOutage(stack: ContainerStack): Promise<void> {
  const kafka = await stack.idOf('kafka')
  const members = [ADDRESSES.all, ...ADDRESSES.consumers]
  await stack.engine.docker(['kill', kafka])
  await until(30, async () => {
    const answers = await Promise.allSettled(members.map((address) => get(`${address}/readyz`)))
    if (answers.some(({ status }) => status === 'fulfilled')) throw new Error('a member is ready')
  })
  await stack.engine.docker(['start', kafka])
  await until(180, () => Promise.all(members.map((address) => get(`${address}/readyz`))))
}

async function checkStop(stack: ContainerStack): Promise<void> {
  await stack.compose(['stop'])
  const unclean = (await stack.containers()).filter(({ exitCode }) => ![0, 143].includes(exitCode))
  expectNone(unclean.map(({ name, exitCode }) => `${name} ended with exit code ${exitCode}`))
}

async function checkDown(stack: ContainerStack): Promise<void> {
  await stack.compose(['down'])
  const networks = words(await stack.engine.docker(['network', 'ls', '--format', '{{.Name}}']))
  const left = [
    ...(await stack.containers()).map(({ name }) => `container ${name}`),
    ...networks
      .filter((name) => name.startsWith(stack.projectName))
      .map((name) => `network ${name}`),
  ]
  expectNone(left.map((each) => `${each} is left`))
}
