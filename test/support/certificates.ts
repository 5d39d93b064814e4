import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

/** A certificate with its key, as files and as PEM text. */
export interface Certified {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

/** A test certificate authority and its certificates. */
export interface Authority {
  readonly caFile: string
  readonly ca: string
  /** A certificate for 127.0.0.1 with this common name. */
  sign(name: string): Certified
}

/** Creates a certificate authority with openssl; removed with the test. */
export function createAuthority(): Authority {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const [caFile, caKey] = [at('ca.pem'), at('ca.key')]
  const newKey = ['-newkey', 'rsa:2048', '-noenc']
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', caFile, '-subj', '/CN=authority')
  const extensions = at('extensions')
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n')
  return {
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    sign(name) {
      const [certFile, keyFile, request] = [at(`${name}.pem`), at(`${name}.key`), at(`${name}.csr`)]
      openssl('req', ...newKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`)
      const signed = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions]
      openssl('x509', '-req', '-in', request, ...signed, '-out', certFile)
      return {
        certFile,
        keyFile,
        cert: readFileSync(certFile, 'utf8'),
        key: readFileSync(keyFile, 'utf8'),
      }
    },
  }
}
