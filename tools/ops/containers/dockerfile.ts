import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../programs.ts'

export type Step =
  | { readonly kind: 'copy'; readonly from: string | null; readonly paths: readonly string[] }
  | { readonly kind: 'run'; readonly command: string }

export interface Stage {
  readonly image: string
  /** Null for the last stage. */
  readonly name: string | null
  readonly steps: readonly Step[]
}

export interface Dockerfile {
  readonly stages: readonly Stage[]
  /** Of the last stage. */
  readonly environment: Readonly<Record<string, string>>
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly healthCommand: readonly string[]
}

/**
 * Parses the subset of the Dockerfile language that our Dockerfile uses.
 * @throws Error that names an unsupported instruction
 */
export function readDockerfile(text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')): Dockerfile {
  const stages: { image: string; name: string | null; steps: Step[] }[] = []
  let environment: Record<string, string> = {}
  let user = 'root'
  let entrypoint: readonly string[] = []
  let healthCommand: readonly string[] = []
  for (const line of instructions(text)) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    const steps = stages.at(-1)?.steps
    switch (word) {
      case 'FROM': {
        const [image = '', , name] = rest.split(/\s+/)
        stages.push({ image, name: name ?? null, steps: [] })
        environment = {}
        break
      }
      case 'COPY': {
        const [first = '', ...others] = rest.split(/\s+/)
        const from = /^--from=(.+)$/.exec(first)?.[1]
        const paths = from === undefined ? [first, ...others] : others
        steps?.push({ kind: 'copy', from: from ?? null, paths })
        break
      }
      case 'RUN':
        steps?.push({ kind: 'run', command: rest })
        break
      case 'ENV':
        for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g))
          environment[name] = value
        break
      case 'USER':
        user = rest
        break
      case 'ENTRYPOINT':
        entrypoint = JSON.parse(rest) as string[]
        break
      case 'HEALTHCHECK':
        healthCommand = JSON.parse(rest.slice(rest.indexOf('['))) as string[]
        break
      case 'WORKDIR':
      case 'EXPOSE':
        break
      default:
        throw new Error(`Dockerfile: ${word} is not supported by this check`)
    }
  }
  return { stages, environment, user, entrypoint, healthCommand }
}

/** Instructions without comments, one line each. */
function instructions(text: string): string[] {
  return text
    .replaceAll(/^\s*#.*$/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
