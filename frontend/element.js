/** Building and changing elements, without markup in strings. */

/** @typedef {Record<string, any>} Props `class`, `text`, `on` (listeners), `vars` (custom properties), else attributes */

/**
 * @param {Element} element
 * @param {Props} props
 */
function apply(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = String(value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "vars") setVars(element, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * An HTML element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * An SVG element.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...(Node | null | false | undefined)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  apply(element, props);
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * Custom properties: how a number reaches the style sheet where inline styles are forbidden.
 *
 * @param {Element} element
 * @param {Record<string, string | number>} vars
 */
export function setVars(element, vars) {
  const { style } = /** @type {HTMLElement} */ (element);
  for (const [name, value] of Object.entries(vars)) {
    if (style.getPropertyValue(name) !== String(value)) style.setProperty(name, String(value));
  }
}

/**
 * Changes a text only if it differs, so that a screen reader hears no change where there is none.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Sets or (with null) removes an attribute, only if that changes anything.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | number | null} value
 */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/**
 * The element of the page with this id, of this class.
 *
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} "${id}".`);
  return element;
}
