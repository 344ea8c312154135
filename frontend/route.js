/** Which of the two views is shown, by the address after the #. */

/** @typedef {"tasks" | "fleet"} View */

/** @returns {View} */
export function currentView() {
  return location.hash === "#/fleet" ? "fleet" : "tasks";
}

/**
 * @param {Record<View, HTMLElement>} views
 * @param {(view: View) => void} onView
 */
export function followRoute(views, onView) {
  const show = () => {
    const view = currentView();
    for (const [name, element] of Object.entries(views)) element.hidden = name !== view;
    for (const link of document.querySelectorAll("[data-view]")) {
      if (link.getAttribute("data-view") === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    onView(view);
  };
  window.addEventListener("hashchange", () => {
    show();
    // A screen reader is led to where the new view begins.
    views[currentView()].querySelector("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
  show();
}
