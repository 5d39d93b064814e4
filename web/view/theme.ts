import { byId, setAttribute } from './dom.ts'

const KEY = 'orderbook-theme'

/**
 * Sets up the theme choice: dark, light or the system's; stored. `onChange` is called when colours
 * have changed.
 */
export function startTheme(onChange: () => void): void {
  const buttons = byId('theme', HTMLElement).querySelectorAll('button')
  const apply = (theme: string) => {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme')
    else document.documentElement.dataset['theme'] = theme
    for (const button of buttons) {
      setAttribute(button, 'aria-pressed', String(button.dataset['theme'] === theme))
    }
    onChange()
  }
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const theme = button.dataset['theme'] ?? 'auto'
      localStorage.setItem(KEY, theme)
      apply(theme)
    })
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  apply(localStorage.getItem(KEY) ?? 'auto')
}
