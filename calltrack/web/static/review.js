"use strict";
// The review pages: a word moves on at once, while it is still on its way to the server; what the server refuses comes
// back. Keys are in keys.js. Without this script every deed is a form of its own.

(() => {
  const root = document.querySelector("[data-review]");
  if (!root) return;
  const list = root.querySelector(".queue");
  const bar = document.querySelector("[data-bar]");
  const bulk = document.getElementById("bulk");
  const panels = new Map(); // what is shown of a call, by its address: promises of HTML
  let last = bar.hidden ? null : { form: bar.querySelector("form"), items: [] };
  let anchor = null; // where a range of selected calls begins

  const items = () => [...list.querySelectorAll(".item")];
  const current = () => list.querySelector(".item.open");
  const box = (item) => item?.querySelector(".pick input");

  function fetchPanel(item) {
    const address = item.dataset.panel;
    if (!panels.has(address)) {
      const found = fetch(address, { credentials: "same-origin" }).then((answer) => {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.text();
      });
      found.catch(() => panels.delete(address));
      panels.set(address, found);
    }
    return panels.get(address);
  }

  function close(item) {
    item?.classList.remove("open");
    item?.querySelector(".panel")?.remove();
  }

  function begin(item) {
    const panel = item.querySelector(".panel");
    htmx.process(panel);
    htmx.trigger(panel, "htmx:load", { elt: panel }); // whatever waits for new parts of a page, such as the player
    const after = item.nextElementSibling;
    if (after) fetchPanel(after).catch(() => {});
  }

  async function open(item) {
    if (!item || item === current()) return;
    close(current());
    item.classList.add("open");
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
    try {
      const html = await fetchPanel(item);
      if (!item.classList.contains("open") || item.querySelector(".panel")) return;
      item.insertAdjacentHTML("beforeend", html);
      begin(item);
    } catch {
      say("This call could not be opened; perhaps somebody has judged it meanwhile.", true);
    }
    item.scrollIntoView({ block: "nearest" });
  }

  function say(words, wrong = false) {
    bar.hidden = false;
    bar.classList.toggle("wrong", wrong);
    bar.querySelector("[data-words]").textContent = words;
    bar.querySelector("[data-undo]").hidden = !last;
  }

  // The items leave the list at once; each knows where it stood.
  function take(gone) {
    const after = gone.map((item) => item.nextElementSibling);
    const wasOpen = gone.includes(current());
    const next = wasOpen && (items().slice(items().indexOf(current())).find((item) => !gone.includes(item)) ||
      items().reverse().find((item) => !gone.includes(item)));
    gone.forEach((item) => { close(item); if (box(item)) box(item).checked = false; item.remove(); });
    count();
    if (wasOpen) open(next || null);
    return () => {
      for (let place = gone.length - 1; place >= 0; place -= 1) {
        list.insertBefore(gone[place], after[place]?.parentNode === list ? after[place] : null);
      }
    };
  }

  async function send(form, fields, gone) {
    const putBack = take(gone);
    let answer;
    try {
      const sent = await fetch(form.action, {
        method: "POST", body: fields, credentials: "same-origin", headers: { Accept: "application/json" },
      });
      if (!sent.ok || sent.redirected) throw new Error(sent.statusText);
      answer = await sent.json();
    } catch {
      putBack();
      open(gone[0]);
      say("That was not saved: the server could not be reached, or you are no longer signed in. Try it again.", true);
      return;
    }
    if (answer.undo) last = { ...answer.undo, items: gone };
    if (answer.problems.length) {
      const refused = gone.filter((item) => !answer.undo || answer.skipped.includes(item.dataset.item));
      refused.forEach((item) => { panels.delete(item.dataset.panel); item.classList.add("refused"); list.append(item); });
    }
    say([answer.words, ...answer.problems].filter(Boolean).join(" "), answer.problems.length > 0);
    if (!items().length) location.assign(location.pathname);
  }

  // Take the last deed back, whole: its calls return to where people look first.
  async function undo() {
    if (!last) return;
    const fields = new FormData(bar.querySelector("form"));
    for (const [name, value] of Object.entries(last.fields || {})) fields.set(name, value);
    const done = last;
    last = null;
    try {
      const sent = await fetch(done.action || done.form.action, {
        method: "POST", body: fields, credentials: "same-origin", headers: { Accept: "application/json" },
      });
      if (!sent.ok) throw new Error(sent.statusText);
      const answer = await sent.json();
      if (!done.items.length) return location.assign(location.pathname);
      list.prepend(...done.items.filter((item) => answer.undone.includes(item.dataset.item)));
      await open(items()[0]);
      say(answer.words);
    } catch {
      last = done;
      say("That could not be taken back: the server could not be reached. Try it again.", true);
    }
  }

  function deed(button) {
    const item = button.closest(".item");
    const fields = new FormData(button.form);
    fields.set(button.name, button.value);
    send(button.form, fields, [item]);
  }

  function count() {
    const many = items().filter((item) => box(item)?.checked).length;
    if (!bulk) return;
    bulk.querySelector("[data-picked]").textContent = many ? ` (${many})` : "";
    for (const button of bulk.querySelectorAll("button[name=deed]")) button.disabled = !many;
  }

  function select(item, { range = false } = {}) {
    if (!box(item)) return;
    if (range && anchor?.isConnected) {
      const all = items();
      const [from, to] = [all.indexOf(anchor), all.indexOf(item)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((one) => { box(one).checked = true; });
    } else {
      box(item).checked = !box(item).checked;
    }
    anchor = item;
    count();
  }

  root.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name !== "deed") return;
    event.preventDefault();
    if (event.target !== bulk) return deed(button);
    const picked = items().filter((item) => box(item).checked);
    if (!picked.length) return;
    const fields = new FormData(bulk);
    fields.set("deed", button.value);
    if (button.value !== "excused") fields.delete("reason");
    send(bulk, fields, picked);
  });
  bar.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    undo();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest(".item");
    if (event.target.closest("[data-open]") && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      open(item);
    } else if (event.target.matches(".pick input") && event.shiftKey && anchor) {
      event.target.checked = false;
      select(item, { range: true });
    }
  });
  list.addEventListener("change", (event) => {
    if (event.target.matches(".pick input")) anchor = event.target.closest(".item");
    count();
  });
  function step(by) {
    const all = items();
    open(all[all.indexOf(current()) + by]);
  }

  function playOrPause() {
    const audio = current()?.querySelector("audio");
    if (!audio) return false;
    if (audio.paused) audio.play(); else audio.pause();
    return true;
  }

  callKeys.bind("j", () => step(1));
  callKeys.bind("k", () => step(-1));
  callKeys.bind("s", () => select(current()));
  callKeys.bind("shift+s", () => select(current(), { range: true }));
  callKeys.bind("space", playOrPause);
  count();
  const first = current();
  if (first) {
    const after = first.nextElementSibling;
    if (after) fetchPanel(after).catch(() => {});
  }
})();
