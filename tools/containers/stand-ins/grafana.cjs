// Stands in for Grafana: writes where Grafana writes, reads what Grafana is given, and says at /stand-in what it
// found: dashboards of the provisioned folders, and whether the data sources answer.
const { existsSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:http')
const process = require('node:process')

const PROVISIONING = '/etc/grafana/provisioning'

for (const folder of ['/var/lib/grafana', '/tmp']) writeFileSync(`${folder}/written`, 'x')
const home = process.env.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH
if (!existsSync(home)) throw new Error(`the home dashboard ${home} does not exist`)

/** Values of a key in all YAML files of a folder. */
function valuesOf(folder, key) {
  return readdirSync(`${PROVISIONING}/${folder}`).flatMap((name) => {
    const text = readFileSync(`${PROVISIONING}/${folder}/${name}`, 'utf8')
    return [...text.matchAll(new RegExp(`^ +${key}: (\\S+)$`, 'gm'))].map(([, value]) => value)
  })
}

async function look() {
  const dashboards = valuesOf('dashboards', 'path').flatMap((path) => readdirSync(path))
  const unreachable = []
  for (const url of valuesOf('datasources', 'url')) {
    const answers = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    )
    if (!answers) unreachable.push(url)
  }
  return { dashboards, unreachable }
}

createServer((request, response) => {
  if (request.url !== '/stand-in') response.end('{"database":"ok"}')
  else look().then((found) => response.end(JSON.stringify(found)))
}).listen(3000)
process.on('SIGTERM', () => process.exit(0))
