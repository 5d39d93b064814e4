/** Returns the element of index.html with this id. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} #${id}`)
  return found
}

export interface Parts {
  class?: string
  text?: string
  attributes?: Readonly<Record<string, string>>
  children?: readonly (Node | string)[]
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: className, text, attributes = {}, children = [] }: Parts = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className !== undefined) element.className = className
  if (text !== undefined) element.textContent = text
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Sets the text only if it changed, to avoid layout and flicker. */
export function setText(element: Element, text: string): void {
  const first = element.firstChild
  if (first instanceof Text && first.nextSibling === null) {
    if (first.data !== text) first.data = text
  } else if (first !== null || text !== '') element.textContent = text
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

export function setClass(element: Element, name: string, isOn: boolean): void {
  if (element.classList.contains(name) !== isOn) element.classList.toggle(name, isOn)
}

export function setHidden(element: HTMLElement, isHidden: boolean): void {
  if (element.hidden !== isHidden) element.hidden = isHidden
}

/**
 * Sets a number for the style sheet, which computes a length from it; two digits are finer than a
 * pixel.
 */
export function setVariable(element: HTMLElement, name: string, value: number): void {
  const text = value.toFixed(3)
  if (element.style.getPropertyValue(name) !== text) element.style.setProperty(name, text)
}
