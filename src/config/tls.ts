import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../errors.ts'
import { allowedOf, settingProblem } from './environment.ts'
import type { SettingName, Settings } from './settings.ts'

/** TLS certificates and key as PEM text. Without `ca` the default certificates of Node apply. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface ReadTls<Files extends TlsFiles> {
  readonly tls: Files | null
  readonly problems: string[]
}

type Part = keyof TlsFiles

/** Checks that throw if the text is not valid PEM of its kind. */
const CHECKS: Readonly<Record<Part, (pem: string) => unknown>> = {
  ca: checkAll,
  cert: (pem) => new X509Certificate(pem),
  key: (pem) => createPrivateKey(pem),
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?(-----END CERTIFICATE-----|$)/g

/** Checks every certificate of a bundle. Node checks only the first one. */
function checkAll(pem: string): void {
  const certificates = pem.match(CERTIFICATE) ?? []
  if (certificates.length === 0) throw new Error('no certificate found')
  for (const certificate of certificates) new X509Certificate(certificate)
}

const KAFKA_FILES = {
  ca: 'KAFKA_SSL_CA_FILE',
  cert: 'KAFKA_SSL_CERT_FILE',
  key: 'KAFKA_SSL_KEY_FILE',
} as const satisfies Record<Part, SettingName>

const HTTP_FILES = {
  cert: 'HTTP_TLS_CERT_FILE',
  key: 'HTTP_TLS_KEY_FILE',
} as const satisfies Partial<Record<Part, SettingName>>

type FileSetting = (typeof KAFKA_FILES)[Part] | (typeof HTTP_FILES)[keyof typeof HTTP_FILES]

/** Reads and checks the TLS files for the brokers; null without TLS. Problems never contain a key. */
export function readKafkaTls(settings: Settings): ReadTls<TlsFiles> {
  return settings.KAFKA_SSL ? readFiles(KAFKA_FILES, settings) : { tls: null, problems: [] }
}

/** Reads and checks the TLS files of the HTTP server; null unless both are set. */
export function readHttpTls(settings: Settings): ReadTls<{ cert: string; key: string }> {
  const { tls, problems } = readFiles(HTTP_FILES, settings)
  const { cert, key } = tls
  return { tls: cert === undefined || key === undefined ? null : { cert, key }, problems }
}

function readFiles(
  names: Readonly<Partial<Record<Part, FileSetting>>>,
  settings: Settings,
): { tls: TlsFiles; problems: string[] } {
  const problems: string[] = []
  const tls: { ca?: string; cert?: string; key?: string } = {}
  for (const part of ['ca', 'cert', 'key'] as const) {
    const name = names[part]
    const path = name === undefined ? undefined : settings[name]
    if (name === undefined || path === undefined) continue
    try {
      const pem = readFileSync(path, 'utf8')
      CHECKS[part](pem)
      tls[part] = pem
    } catch (error) {
      const expected = allowedOf(name)
      problems.push(settingProblem(name, path, { expected, cause: messageOf(error) }))
    }
  }
  const { cert, key } = names
  if (cert !== undefined && key !== undefined && tls.cert !== undefined && tls.key !== undefined) {
    try {
      createSecureContext({ cert: tls.cert, key: tls.key })
    } catch (error) {
      const expected = `the key of the certificate in ${cert}`
      problems.push(settingProblem(key, settings[key], { expected, cause: messageOf(error) }))
    }
  }
  return { tls: Object.freeze(tls), problems }
}
