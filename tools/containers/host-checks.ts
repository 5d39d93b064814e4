import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ROOT } from '../ops/programs.ts'
import { get, until } from './probe.ts'
import { ADDRESSES, type ContainerStack } from './stack.ts'

const READ_MS = 30_000
const HOST_PORT = 9470

/** The Python program of the README reads records of the stack's broker from outside the containers. */
export async function checkReadmePython(packages: string): Promise<void> {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const program = /```python\n([^`]*KafkaConsumer[^`]*)```/.exec(readme)?.[1]
  if (program === undefined) throw new Error('README.md has no Python program with a KafkaConsumer')
  const own = program.replace('127.0.0.1:9092', ADDRESSES.kafka)
  if (own === program) throw new Error('the Python program of README.md has another address')
  // Its output is buffered where it is no terminal.
  const python = spawn('python3', ['-u', '-c', own], {
    env: { PATH: process.env['PATH'], PYTHONPATH: packages },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: READ_MS,
  })
  let errors = ''
  python.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  let lines = ''
  try {
    for await (const text of python.stdout.setEncoding('utf8')) {
      lines += String(text)
      if (/^bytearray\(b'.+'\) [\d.]+$|^b'.+' [\d.]+$/m.test(lines)) return
    }
  } finally {
    python.kill('SIGKILL')
  }
  throw new Error(`no record was read within ${READ_MS / 1000} s:\n${lines}${errors}`)
}

/** A consumer of this checkout, outside the containers, has books from the stack's broker. */
export async function checkHostConsumer(): Promise<void> {
  const consumer = spawn(process.execPath, [join(ROOT, 'src', 'cli.ts')], {
    env: {
      PATH: process.env['PATH'],
      ROLE: 'consumer',
      KAFKA_BROKERS: ADDRESSES.kafka,
      KAFKA_GROUP_ID: 'outside',
      HTTP_PORT: String(HOST_PORT),
    },
    stdio: 'ignore',
  })
  try {
    await until(60, () => get(`http://127.0.0.1:${HOST_PORT}/readyz`))
  } finally {
    consumer.kill('SIGKILL')
  }
}

/** `docker run IMAGE demo` prints an address that answers. */
export async function checkDemo({ engine, image }: ContainerStack): Promise<void> {
  const id = await engine.docker(['run', '-d', '-p', '127.0.0.1:9464:9464', image, 'demo'])
  try {
    await until(30, async () => {
      const said = await engine.docker(['logs', id])
      const [, address] = /(http:\S+)\s+live page/.exec(said) ?? []
      if (address === undefined) throw new Error(`no address of the live page in:\n${said}`)
      if (!address.includes('127.0.0.1')) throw new Error(`${address} is no address to open`)
      await get(address)
    })
  } finally {
    await engine.docker(['rm', '--force', id])
  }
}

/** A wrong setting ends the container with exit code 2, which no restart policy has to cure. */
export async function checkWrongSetting({ engine, image }: ContainerStack): Promise<void> {
  const run = ['run', '--rm', '-e', 'BOOK_MODE=grouped_', image]
  const said = await engine.docker(run).catch((error: unknown) => error)
  if (!(said instanceof Error)) throw new Error(`BOOK_MODE=grouped_ is accepted: ${String(said)}`)
  if (!said.message.includes('BOOK_MODE')) throw said
}

/** The settings for raw books with credentials are accepted, with the secret from a file. */
export async function checkCredentials(stack: ContainerStack, secretFile: string): Promise<void> {
  const credentials = {
    DERIBIT_CLIENT_ID: 'somebody',
    DERIBIT_CLIENT_SECRET_FILE: secretFile,
    BOOK_MODE: 'incremental',
    BOOK_INTERVAL: 'raw',
  }
  const run = ['run', '--rm', '--no-deps', '-T', 'producer', '--check-config', '--strict']
  try {
    const said = await stack.compose(run, { envFile: '.env', variables: credentials })
    if (!said.includes('DERIBIT_CLIENT_SECRET=[redacted]')) throw new Error(said)
  } finally {
    await stack.compose(['down', '--volumes'], { envFile: '.env' })
  }
}
