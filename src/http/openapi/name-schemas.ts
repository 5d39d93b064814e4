/** A value of JSON; an object of it is a document. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

/**
 * Moves every schema with a title to `components.schemas`, under that title, and refers to it where it
 * stood: who generates a client gets types with names, each once.
 * @throws Error where two schemas have the same title
 */
export function nameSchemas(document: JsonObject): JsonObject {
  const named = new Map<string, Json>()
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    const walked: JsonObject = {}
    for (const [name, member] of Object.entries(value)) walked[name] = walk(member)
    const { title, type } = walked
    // Elsewhere, as in the properties of a problem, `title` is a word like any other.
    if (typeof title !== 'string' || type === undefined) return walked
    const known = named.get(title)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked)) {
      throw new Error(`two schemas have the title ${title}`)
    }
    named.set(title, walked)
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = walk(document['paths'] ?? {})
  const components = document['components'] ?? {}
  const schemas = Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    ...document,
    paths,
    components: { ...(isObject(components) ? components : {}), schemas },
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
