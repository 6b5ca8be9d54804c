"use strict";
// The panel of a call through its answers: what was typed elsewhere and what was open stay, also while other calls are
// looked at; the focus stays in its section; what was done is told where it is seen, and a link is copied.

(() => {
  const FIELDS = "input:not([type=hidden], [type=search], [data-pin], [readonly]), textarea, select";
  const SHOWN = 10000; // milliseconds for which it is told what was done; undoing it is possible later, too
  const kept = new Map(); // what was typed and what was open, by call
  let focused = null; // the section of the panel that had the focus ("": its head), none if it was elsewhere
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

  function keep(sent = null) {
    const there = call();
    if (!there) return;
    const typed = [...there.querySelectorAll(FIELDS)].filter((field) => field.form && field.form !== sent && isChanged(field));
    kept.set(there.dataset.call, {
      open: [...there.querySelectorAll("details[id][open]")].map((one) => one.id),
      typed: typed.map((field) => [named(field), field.value, field.checked]),
    });
  }

  function restore(there) {
    const before = kept.get(there.dataset.call);
    kept.delete(there.dataset.call);
    if (!before) return;
    before.open.forEach((id) => there.querySelector(`details#${CSS.escape(id)}`)?.setAttribute("open", ""));
    const fields = [...there.querySelectorAll(FIELDS)].filter((field) => field.form);
    for (const [name, value, checked] of before.typed) {
      const field = fields.find((one) => named(one) === name);
      if (!field) continue;
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = checked;
      else field.value = value;
    }
  }

  // The call that the answer to a form should stand in; over the list the address says which one is open.
  const openCall = () => (document.getElementById("beside") ? new URL(location).searchParams.get("open") : call()?.dataset.call);

  // An answer that came when its call had been left only tells what was done; what was sent is no longer to be kept.
  function takeLate(event, answer) {
    event.detail.shouldSwap = false;
    const sent = formName(event.detail.requestConfig?.elt.closest("form"));
    const before = kept.get(answer.dataset.call);
    const refused = answer.querySelector(":scope > .notice.problem");
    if (before && sent && !refused) before.typed = before.typed.filter(([name]) => !name.startsWith(`${sent} `));
    if (refused) answer.querySelector("[data-told]")?.append(refused);
    tell(answer);
    document.dispatchEvent(new CustomEvent("call-changed")); // its form is gone, and with it the way to the list
  }

  document.addEventListener("call-leaves", () => keep());

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "panel" || event.detail.isError) return;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const answer = page.querySelector(".call");
    if (answer && answer.dataset.call !== openCall()) return takeLate(event, document.adoptNode(answer));
    const at = document.activeElement?.closest("#panel") && document.activeElement;
    focused = at && (at.closest("section[id]")?.id || "");
    keep(event.detail.requestConfig?.elt);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const there = call();
    if (event.detail.target.id !== "panel") return;
    tell(there);
    if (there) restore(there);
    if (there && focused !== null && document.activeElement === document.body) {
      const heading = (focused && there.querySelector(`#${CSS.escape(focused)} h3`)) || there.querySelector("h2");
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
    focused = null;
    const link = there?.querySelector("[data-copied]"); // a new one: it is shown only now
    link?.focus({ preventScroll: true });
    link?.select();
    link?.scrollIntoView({ block: "center" });
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
