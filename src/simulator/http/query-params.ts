import type { Params } from '../requests/request.ts'

/** Parameters of a query: texts, and lists where a name ends in `[]` (`ids[]=a&ids[]=b`). */
export function queryParams(query: string): Params {
  const params: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (!name.endsWith('[]')) {
      params[name] = value
      continue
    }
    const list = params[name.slice(0, -2)]
    if (Array.isArray(list)) list.push(value)
    else params[name.slice(0, -2)] = [value]
  }
  return params
}
