/* The form of a menu: rows that nobody has filled are put away until they are asked for. A sound that is chosen brings
   its words. */
(() => {
  const bringWords = (choice) => {
    const words = choice.form.elements[choice.dataset.words];
    if (choice.dataset.alive || !words) return;
    choice.dataset.alive = "1";
    let own = words.value;
    const show = () => {
      const says = choice.selectedOptions[0].dataset.says;
      if (!words.disabled) own = words.value;
      words.disabled = says !== undefined; // the server fills them from the sound
      words.value = says ?? own;
    };
    choice.addEventListener("change", show);
    // What was typed and refused stays as it is, to be looked at.
    if (!words.value.trim()) show();
  };
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
    root.querySelectorAll?.("select[data-words]").forEach(bringWords);
  };
  if (window.htmx) window.htmx.onLoad(wake);
  else document.addEventListener("DOMContentLoaded", () => wake(document));
})();
