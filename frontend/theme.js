/** Light or dark: the system's choice until someone makes another one. */

const REMEMBERED = "leyline-theme";

/** @param {HTMLButtonElement} button */
export function offerThemes(button) {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const current = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const name = () => {
    const next = current() === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `${next} theme`);
    button.title = `${next} theme`;
  };
  button.addEventListener("click", () => {
    const next = current() === "dark" ? "light" : "dark";
    const bySystem = dark.matches ? "dark" : "light";
    // Back at the system's own choice, the page follows the system again.
    if (next === bySystem) delete root.dataset.theme;
    else root.dataset.theme = next;
    remember(root.dataset.theme);
    name();
  });
  dark.addEventListener("change", name);
  name();
}

/** @param {string | undefined} theme */
function remember(theme) {
  try {
    if (theme) localStorage.setItem(REMEMBERED, theme);
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // The choice lasts as long as the page.
  }
}
