"use strict";
// Only what a page cannot do by itself: reasons that fit the label, printing, menus that close, and the current entry of a
// menu that is wider than a phone.

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

for (const menu of document.querySelectorAll("details.menu")) {
  const close = () => menu.removeAttribute("open");
  document.addEventListener("click", (event) => menu.contains(event.target) || close());
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    menu.querySelector("summary").focus();
  });
}

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
