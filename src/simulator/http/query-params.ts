import type { Params } from '../rpc/request.ts'

/**
 * Parses the parameters of a query: strings, or lists if the name ends in `[]`
 * (`ids[]=a&ids[]=b`).
 */
export function queryParams(query: string): Params {
  const params = new Map<string, string | string[]>()
  for (const [key, value] of new URLSearchParams(query)) {
    const name = key.replace(/\[\]$/, '')
    const list = params.get(name)
    if (name === key) params.set(name, value)
    else if (Array.isArray(list)) list.push(value)
    else params.set(name, [value])
  }
  return Object.fromEntries(params)
}
