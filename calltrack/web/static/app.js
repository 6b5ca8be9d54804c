"use strict";
// Only what a page cannot do by itself: reasons that fit the label, printing, menus that close, one recording at a time,
// what went wrong, and the current entry of a menu that is wider than a phone.

// The reasons of the other label are out of reach, so that no pair can be sent that the server refuses.
function followLabel(select) {
  const fields = select.form.elements;
  function fit() {
    const label = fields[select.dataset.follows].value;
    for (const group of select.querySelectorAll("optgroup")) {
      group.hidden = group.disabled = Boolean(label) && group.dataset.label !== label;
    }
    if (select.selectedOptions[0]?.parentElement.disabled) select.value = "";
  }
  select.form.addEventListener("change", fit);
  fit();
}

// What htmx puts into the page comes alive as well.
const follow = (root) => root.querySelectorAll("select[data-follows]").forEach(followLabel);
if (window.htmx) window.htmx.onLoad(follow);
else follow(document);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Asked of the whole document, because menus also come with parts that are put into the page later.
const openMenus = () => document.querySelectorAll("details.menu[open], #bulk details[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Who plays one recording wants to hear no other.
document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}, true);

// What a form or link asked of the server without leaving the page, and did not get. Questions that the page asks by
// itself, every few seconds, say so in their own place.
function tellTrouble(event) {
  const { requestConfig, xhr } = event.detail;
  if (!["submit", "click", "change"].includes(requestConfig?.triggeringEvent?.type)) return;
  const page = new DOMParser().parseFromString(xhr?.responseText || "", "text/html");
  const told = page.querySelector("main .door p:not(.muted)")?.textContent.trim();
  const notice = document.createElement("p");
  notice.className = "notice problem";
  notice.textContent = told || "The server cannot be reached, so nothing was changed. Try again in a minute.";
  document.querySelector(".trouble")?.replaceChildren(notice);
}
document.addEventListener("htmx:responseError", tellTrouble);
document.addEventListener("htmx:sendError", tellTrouble);
document.addEventListener("htmx:afterSwap", () => document.querySelector(".trouble")?.replaceChildren());

// Only the menu moves, not the page.
for (const entry of document.querySelectorAll("nav [aria-current]")) {
  let strip = entry.parentElement;
  while (!strip.matches("nav") && getComputedStyle(strip).overflowX === "visible") strip = strip.parentElement;
  const [inner, outer] = [entry.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}
