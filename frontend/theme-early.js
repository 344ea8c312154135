/* Before the first paint, so that nobody who chose the dark page is shown a flash of the light one. Not a module for that reason. */
(() => {
  try {
    const theme = localStorage.getItem("leyline-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the system's choice holds.
  }
})();
