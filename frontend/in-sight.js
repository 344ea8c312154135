/** What waits until it can be seen. */

/** @type {WeakMap<Element, () => void>} */
const waiting = new WeakMap();

/** @type {IntersectionObserver | undefined} */
let observer;

/**
 * Does something once, as soon as the element is in sight.
 *
 * @param {Element} element
 * @param {() => void} act
 */
export function whenSeen(element, act) {
  observer ??= new IntersectionObserver(tell);
  waiting.set(element, act);
  observer.observe(element);
}

/** @type {IntersectionObserverCallback} */
function tell(entries, observer) {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    waiting.get(target)?.();
  }
}
