import { byId } from './dom.ts'

/** Asks for the token of the service; gives what opens the dialog. */
export function createTokenDialog(onToken: (token: string) => void): () => void {
  const dialog = byId('token', HTMLDialogElement)
  const input = byId('token-input', HTMLInputElement)
  byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const token = input.value.trim()
    if (token === '') return
    input.value = ''
    dialog.close()
    onToken(token)
  })
  return () => {
    if (!dialog.open) dialog.showModal()
  }
}
