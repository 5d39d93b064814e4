import { byId } from './dom.ts'

/** Asks for the token of the service; gives what opens the dialog. */
export function createTokenDialog(onToken: (token: string) => void): () => void {
  const dialog = byId('token', HTMLDialogElement)
  const input = byId('token-input', HTMLInputElement)
  byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const token = input.value.trim()
    // Anything else cannot be sent in a header, nor be a token.
    const isToken = /^[\x21-\x7e]+$/.test(token)
    input.setCustomValidity(isToken ? '' : 'a token is made of letters, digits and signs of ASCII')
    if (!isToken) {
      input.reportValidity()
      return
    }
    input.value = ''
    dialog.close()
    onToken(token)
  })
  input.addEventListener('input', () => input.setCustomValidity(''))
  return () => {
    if (!dialog.open) dialog.showModal()
  }
}
