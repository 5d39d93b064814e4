import { OPEN, type LabelSpec, type LabelsOf } from './definition.ts'

const NEEDS_ESCAPE = /[\\"\n]/

/** A label value as both exposition formats write it between quotes. */
export function escapeLabelValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** `a="x",b="y"` in the order of the definition; empty without labels. */
export function writeLabels<L extends LabelSpec>(spec: L, labels: LabelsOf<L>): string {
  let text = ''
  for (const name in spec) {
    if (text !== '') text += ','
    text += `${name}="${escapeLabelValue(labels[name])}"`
  }
  return text
}

/** @throws Error where a value is missing, is not a text, or is not in its closed list. */
export function checkLabels<L extends LabelSpec>(name: string, spec: L, labels: LabelsOf<L>): void {
  for (const label in spec) {
    const value: unknown = labels[label]
    const allowed = spec[label]
    if (typeof value !== 'string') throw new Error(`${name}: label ${label} has no value`)
    if (allowed !== OPEN && allowed?.includes(value) !== true) {
      throw new Error(`${name}: label ${label} cannot be ${value}`)
    }
  }
}
