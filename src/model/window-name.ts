/** How a window is written in labels and JSON: `10s`, `60s`; `250ms` where it is no whole seconds. */
export function windowName(windowMs: number): string {
  return windowMs % 1000 === 0 ? `${windowMs / 1000}s` : `${windowMs}ms`
}
