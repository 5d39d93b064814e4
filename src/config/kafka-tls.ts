import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../errors.ts'
import { settingProblem } from './read-settings.ts'
import type { SettingName, Settings } from './settings.ts'

/** What TLS to the brokers is made of, as PEM text; what is left out: the certificates of Node. */
export interface KafkaTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** Throws where a text is not what it should be. */
const JUDGES: Readonly<Record<keyof KafkaTls, (pem: string) => unknown>> = {
  ca: judgeAll,
  cert: (pem) => new X509Certificate(pem),
  key: (pem) => createPrivateKey(pem),
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?(-----END CERTIFICATE-----|$)/g

/** A bundle is judged whole: node would go by its first certificate alone. */
function judgeAll(pem: string): void {
  const certificates = pem.match(CERTIFICATE) ?? []
  if (certificates.length === 0) throw new Error('it holds no certificate')
  for (const certificate of certificates) new X509Certificate(certificate)
}

const FILES = {
  ca: 'KAFKA_SSL_CA_FILE',
  cert: 'KAFKA_SSL_CERT_FILE',
  key: 'KAFKA_SSL_KEY_FILE',
} as const satisfies Record<keyof KafkaTls, SettingName>

/** Reads and judges the files of TLS; null without TLS. A key is never repeated in a problem. */
export function readKafkaTls(settings: Settings): { tls: KafkaTls | null; problems: string[] } {
  if (!settings.KAFKA_SSL) return { tls: null, problems: [] }
  const problems: string[] = []
  const tls: { ca?: string; cert?: string; key?: string } = {}
  for (const part of ['ca', 'cert', 'key'] as const) {
    const name = FILES[part]
    const path = settings[name]
    if (path === undefined) continue
    try {
      const pem = readFileSync(path, 'utf8')
      JUDGES[part](pem)
      tls[part] = pem
    } catch (error) {
      const allowed = `the path of a PEM file that can be read (${messageOf(error)})`
      problems.push(settingProblem(name, path, allowed))
    }
  }
  if (tls.cert !== undefined && tls.key !== undefined) {
    try {
      createSecureContext({ cert: tls.cert, key: tls.key })
    } catch (error) {
      const allowed = `the key of the certificate in KAFKA_SSL_CERT_FILE (${messageOf(error)})`
      problems.push(settingProblem('KAFKA_SSL_KEY_FILE', settings.KAFKA_SSL_KEY_FILE, allowed))
    }
  }
  return { tls: Object.freeze(tls), problems }
}
