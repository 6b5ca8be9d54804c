/* The form of a menu: rows that nobody has filled are put away until they are asked for. */
(() => {
  const putAway = (list) => {
    if (list.dataset.alive) return;
    list.dataset.alive = "1";
    const rows = [...list.children];
    const filled = (row) => [...row.querySelectorAll("input")].some((field) => field.value.trim());
    const last = rows.findLastIndex(filled);
    const shown = Math.max(2, last + 2);
    rows.slice(shown).forEach((row) => { row.hidden = true; });
    if (shown >= rows.length) return;
    const more = document.createElement("button");
    more.type = "button";
    more.className = "quiet";
    more.textContent = "One more choice";
    more.addEventListener("click", () => {
      const next = rows.find((row) => row.hidden);
      next.hidden = false;
      next.querySelector("input").focus();
      if (!rows.some((row) => row.hidden)) more.remove();
    });
    list.after(more);
  };
  const wake = (root) => {
    if (root.matches?.("[data-rows]")) putAway(root);
    root.querySelectorAll?.("[data-rows]").forEach(putAway);
  };
  if (window.htmx) window.htmx.onLoad(wake);
  else document.addEventListener("DOMContentLoaded", () => wake(document));
})();
