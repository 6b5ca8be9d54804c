"use strict";
// The panel of a call through its answers: what was typed elsewhere and what was open stay, what was done is told where it
// is seen, and a link is copied.

(() => {
  const FIELDS = "input:not([type=hidden], [type=search], [data-pin], [readonly]), textarea, select";
  const SHOWN = 10000; // milliseconds for which it is told what was done; undoing it is possible later, too
  let before = null;
  let timer = 0;

  const news = document.createElement("div");
  news.className = "call-news";
  news.setAttribute("role", "status");
  document.body.append(news);

  function tell(there) {
    clearTimeout(timer);
    const said = there?.querySelector("[data-told]");
    news.replaceChildren(...(said?.children || []));
    said?.remove();
    window.htmx.process(news);
    if (!news.hasChildNodes()) return;
    const close = () => {
      if (news.matches(":hover, :focus-within")) timer = setTimeout(close, SHOWN);
      else news.replaceChildren();
    };
    timer = setTimeout(close, SHOWN);
  }

  const call = () => document.querySelector("#panel .call");
  const formName = (form) => form && new URL(form.action, location).pathname;
  // By its form and name, and where several forms send to one address (tags to remove) by its place among them.
  const named = (field) => [formName(field.form), field.name, field.type === "radio" || field.type === "checkbox" ? field.value : ""].join(" ");
  const isChanged = (field) => (field.matches("[type=radio], [type=checkbox]")
    ? field.checked !== field.defaultChecked
    : field.matches("select") ? [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0
      : field.value !== field.defaultValue);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const there = call();
    if (event.detail.target.id !== "panel" || !there) return;
    const sent = event.detail.requestConfig?.elt;
    const typed = [...there.querySelectorAll(FIELDS)].filter((field) => field.form && field.form !== sent && isChanged(field));
    before = {
      call: there.dataset.call,
      open: [...there.querySelectorAll("details[id][open]")].map((one) => one.id),
      typed: typed.map((field) => [named(field), field.value, field.checked]),
    };
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const there = call();
    if (event.detail.target.id !== "panel") return;
    tell(there);
    there?.querySelector("[data-copied]")?.select(); // a new link: it is shown only now
    if (!there || before?.call !== there.dataset.call) return;
    before.open.forEach((id) => there.querySelector(`details#${CSS.escape(id)}`)?.setAttribute("open", ""));
    const fields = [...there.querySelectorAll(FIELDS)].filter((field) => field.form);
    for (const [name, value, checked] of before.typed) {
      const field = fields.find((one) => named(one) === name);
      if (!field) continue;
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = checked;
      else field.value = value;
    }
    before = null;
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = button.parentElement.querySelector("[data-copied]");
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C"; // it is selected; the browser lets no script copy here
    }
  });
})();
