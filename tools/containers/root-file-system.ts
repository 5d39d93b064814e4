import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { fetchKafkaJars } from '../kafka/kafka-jars.ts'
import { output, ROOT } from '../ops/programs.ts'

const STAND_INS = fileURLToPath(new URL('stand-ins/', import.meta.url))
const COREUTILS = [
  'bash',
  'env',
  'cat',
  'id',
  'ls',
  'mkdir',
  'touch',
  'sleep',
  'hostname',
  'grep',
  'chmod',
]
const USERS = 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n'
const GROUPS = 'root:x:0:\nnode:x:1000:\n'
/** Parts of a JDK that a broker does not use. */
const WITHOUT = ['./jmods', './include', './man', './lib/src.zip', './lib/ct.sym']
const SHARED_OBJECT = /\/\S+\.so[.\d]*(?=\s|$)/g

/**
 * Makes one root file system for all images, from files of this machine: no image can be pulled. It has Node and npm
 * with its cache, Java with Kafka, Prometheus, Alertmanager, a shell, and the stand-ins for Grafana and Tempo.
 * @param root folder that does not exist
 */
export async function makeRootFileSystem(root: string, say: (line: string) => void): Promise<void> {
  const add = new Files(root)
  for (const path of ['proc', 'dev', 'sys', 'bin', 'tmp'])
    mkdirSync(join(root, path), { recursive: true })
  chmodSync(join(root, 'tmp'), 0o1777)
  add.text('/etc/passwd', USERS)
  add.text('/etc/group', GROUPS)
  await add.libc()
  await add.program(join(ROOT, 'node_modules/node/bin/node'), '/usr/bin/node')
  for (const name of COREUTILS) await add.program(await which(name), `/usr/bin/${name}`)
  for (const name of ['sh', 'bash']) symlinkSync('../usr/bin/bash', join(root, 'bin', name))
  await addNpm(add)
  await addKafka(add, await fetchKafkaJars(say))
  await add.program('/usr/bin/prometheus', '/bin/prometheus')
  await add.program('/usr/bin/promtool', '/bin/promtool-debian')
  await add.program('/usr/bin/prometheus-alertmanager', '/bin/alertmanager')
  await add.program('/usr/bin/amtool', '/bin/amtool')
  cpSync('/usr/share/prometheus/alertmanager', join(root, 'usr/share/prometheus/alertmanager'), {
    recursive: true,
    filter: (path) => !path.includes('/ui'),
  })
  for (const name of ['http-ok', 'wget']) add.script(`${name}.sh`, `/usr/bin/${name}`)
  add.script('promtool.sh', '/bin/promtool')
  add.script('kafka-run.sh', '/etc/kafka/docker/run')
  for (const name of ['grafana.cjs', 'tempo.cjs']) add.script(name, `/opt/${name}`)
  add.folder('/var/tempo', 10_001)
  add.folder('/var/lib/grafana', 472)
  for (const path of ['/prometheus', '/alertmanager']) add.folder(path, 65_534)
}

async function addNpm(add: Files): Promise<void> {
  const npm = dirname(dirname(realpathSync(await which('npm'))))
  await add.copy(npm, '/opt/npm')
  symlinkSync('../../opt/npm/bin/npm-cli.js', join(add.root, 'usr/bin/npm'))
  const cache = (await output('npm', ['config', 'get', 'cache'])).stdout.trim()
  await add.copy(join(cache, '_cacache'), '/opt/npm-cache/_cacache')
}

async function addKafka(add: Files, jars: string): Promise<void> {
  const { stderr } = await output('java', ['-XshowSettings:properties', '-version'])
  const home = /java\.home = (.+)/.exec(stderr)?.[1] ?? ''
  add.folder(home, 0)
  const skipped = WITHOUT.map((path) => `--exclude=${path}`).join(' ')
  await output('bash', ['-c', `tar -C ${home} ${skipped} -c . | tar -x -C ${add.root}${home}`])
  const objects = readdirSync(join(home, 'lib')).filter((name) => name.endsWith('.so'))
  for (const name of [
    'bin/java',
    'lib/server/libjvm.so',
    ...objects.map((each) => `lib/${each}`),
  ]) {
    await add.librariesOf(join(home, name))
  }
  // Debian keeps the configuration of Java outside of its home.
  for (const name of readdirSync('/etc').filter((each) => each.startsWith('java-'))) {
    cpSync(join('/etc', name), join(add.root, 'etc', name), { recursive: true })
  }
  symlinkSync(join(home, 'bin/java'), join(add.root, 'usr/bin/java'))
  await add.copy(jars, '/opt/kafka/libs')
  const writable = [
    '/opt/kafka/config',
    '/opt/kafka/logs',
    '/var/lib/kafka/data',
    '/etc/kafka/secrets',
  ]
  for (const path of [...writable, '/mnt/shared/config', '/etc/kafka/docker'])
    add.folder(path, 1000)
  // The defaults of the image; one KAFKA_ variable disables them.
  for (const name of ['log4j2.yaml', 'tools-log4j2.yaml', 'server.properties']) {
    add.text(`/etc/kafka/docker/${name}`, '')
  }
}

/** Adds files of this machine to a root file system. */
class Files {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  text(path: string, text: string): void {
    mkdirSync(dirname(this.root + path), { recursive: true })
    writeFileSync(this.root + path, text)
  }

  /** Adds a folder that belongs to a user of an image. */
  folder(path: string, uid: number): void {
    mkdirSync(this.root + path, { recursive: true })
    chownSync(this.root + path, uid, uid)
  }

  /** Adds a folder, by hard links where its disk allows it. */
  async copy(from: string, path: string): Promise<void> {
    mkdirSync(dirname(this.root + path), { recursive: true })
    const copyWith = (options: string) => output('cp', [options, from, this.root + path])
    await copyWith('-rlL').catch(async () => {
      rmSync(this.root + path, { recursive: true, force: true })
      await copyWith('-rL')
    })
  }

  script(name: string, path: string): void {
    this.text(path, readFileSync(join(STAND_INS, name), 'utf8'))
    chmodSync(this.root + path, 0o755)
  }

  /** Adds a program with the libraries that it names. */
  async program(from: string, path: string): Promise<void> {
    this.#file(from, path)
    await this.librariesOf(from)
  }

  async librariesOf(file: string): Promise<void> {
    // A program that is linked statically has none, and ldd fails.
    const { stdout } = await output('ldd', [realpathSync(file)]).catch(() => ({ stdout: '' }))
    for (const [library] of stdout.matchAll(SHARED_OBJECT)) this.#file(library, library)
  }

  /** Adds all of the C library: modules that are loaded later may need parts that no program names. */
  async libc(): Promise<void> {
    const { stdout } = await output('dpkg', ['-L', 'libc6'])
    for (const [library] of stdout.matchAll(SHARED_OBJECT)) this.#file(library, library)
  }

  #file(from: string, path: string): void {
    if (existsSync(this.root + path)) return
    mkdirSync(dirname(this.root + path), { recursive: true })
    copyFileSync(realpathSync(from), this.root + path)
    chmodSync(this.root + path, 0o755)
  }
}

async function which(name: string): Promise<string> {
  const { stdout } = await output('bash', ['-c', `command -v ${name}`], { env: process.env })
  return stdout.trim()
}
