import { byId } from './dom.ts'

/** Sets up the token dialog. Returns a function that opens it. */
export function createTokenDialog(onToken: (token: string) => void): () => void {
  const dialog = byId('token', HTMLDialogElement)
  const input = byId('token-input', HTMLInputElement)
  byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    const token = input.value.trim()
    // Other characters cannot be sent in a header and are not valid in a token.
    const isToken = /^[\x21-\x7e]+$/.test(token)
    input.setCustomValidity(
      isToken ? '' : 'a token consists of ASCII letters, digits and punctuation',
    )
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
