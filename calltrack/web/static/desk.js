"use strict";
// The list of calls as people work in it: the row that is marked, the call that is open beside it, what is selected.
// Without this script every row is a link, and the bar of the selected a form.

(() => {
  const desk = document.querySelector("[data-desk]");
  if (!desk) return;
  const list = document.getElementById("rows");
  const beside = document.getElementById("beside");
  const panel = document.getElementById("panel");
  const bulk = document.getElementById("bulk");
  const ahead = new Map(); // promises of the panel's HTML, by call: the next call opens at once
  let opening = null; // the call that is open, or on its way
  let slow = 0; // a timer: whoever runs through the list does not open every call of it
  let anchor = null; // where a range of selected calls begins

  const rows = () => [...list.querySelectorAll("tr[data-sid]")];
  const marked = () => list.querySelector("tr.marked") || list.querySelector("tr.open");
  const link = (row) => row?.querySelector("[data-open]");
  const box = (row) => row?.querySelector(".pick input");
  const rowOf = (sid) => rows().find((row) => row.dataset.sid === sid);
  const sidIn = (address) => new URL(address, location.href).searchParams.get("open");

  function mark(row, focus = true) {
    if (!row) return;
    list.querySelector("tr.marked")?.classList.remove("marked");
    row.classList.add("marked");
    row.scrollIntoView({ block: "nearest" });
    if (focus) link(row).focus({ preventScroll: true });
  }

  // The call that is open

  function fetchPanel(sid) {
    const address = `${desk.dataset.calls}/${encodeURIComponent(sid)}/panel`;
    return fetch(address, { headers: { "HX-Request": "true" } }).then((answer) => {
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      return answer.text();
    });
  }

  function fetchAhead(sid) {
    if (!sid || ahead.has(sid)) return;
    ahead.clear(); // one is enough, and it must not grow old
    const found = fetchPanel(sid);
    found.catch(() => ahead.delete(sid));
    ahead.set(sid, found);
  }

  // What is typed in the call that leaves is kept for its return (panel.js).
  function put(html) {
    panel.dispatchEvent(new CustomEvent("call-leaves", { bubbles: true }));
    panel.inert = false;
    htmx.swap(panel, html, { swapStyle: "innerHTML" }, { eventInfo: { target: panel } });
  }

  function show(sid) {
    for (const row of rows()) {
      row.classList.toggle("open", row.dataset.sid === sid);
      if (row.dataset.sid === sid) link(row).setAttribute("aria-current", "true");
      else link(row).removeAttribute("aria-current");
    }
    beside.hidden = !sid;
    if (sid) beside.querySelector("[data-own-page]").href = `${desk.dataset.calls}/${encodeURIComponent(sid)}`;
    desk.classList.toggle("with-call", Boolean(sid));
    document.documentElement.classList.toggle("call-open", Boolean(sid));
  }

  // `address`: of the list with the call; `seconds`: where to play from.
  async function open(sid, address, { history: how = "push", seconds = null } = {}) {
    if (how && address !== location.href) window.history[`${how}State`](null, "", address);
    opening = sid;
    show(sid);
    const row = rowOf(sid);
    if (row) mark(row, false);
    panel.inert = true; // the call before is still shown: nothing that is meant for this one may go to it
    let html;
    try {
      html = await (ahead.get(sid) || fetchPanel(sid));
    } catch {
      if (opening === sid) location.assign(address); // the server's own words, or the way to sign in
      return;
    }
    ahead.delete(sid);
    if (opening !== sid) return;
    put(html);
    panel.scrollTop = beside.scrollTop = 0;
    const title = panel.querySelector("h1, h2");
    if (title) {
      title.tabIndex = -1;
      title.focus({ preventScroll: true });
    }
    if (seconds !== null) play(seconds);
    fetchAhead(step(1)?.dataset.sid);
  }

  function play(seconds) {
    const moments = [...panel.querySelectorAll("[data-seek]")].filter((one) => Number(one.dataset.seek) <= seconds + 0.05);
    moments.sort((a, b) => Number(a.dataset.seek) - Number(b.dataset.seek)).pop()?.click();
  }

  function close({ history: how = "push" } = {}) {
    if (!opening) return false;
    const row = rowOf(opening);
    opening = null;
    clearTimeout(slow);
    if (how) window.history.pushState(null, "", desk.dataset.list);
    show(null);
    put("");
    if (row) mark(row);
    return true;
  }

  const step = (by) => {
    const all = rows();
    const at = all.indexOf(marked());
    return at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by];
  };

  function move(by) {
    const row = step(by);
    if (!row) return;
    mark(row, !opening);
    if (!opening) return;
    clearTimeout(slow);
    const go = () => open(row.dataset.sid, link(row).href, { history: "replace" });
    if (ahead.has(row.dataset.sid)) go();
    else slow = setTimeout(go, 150);
  }

  function openMarked() {
    const row = marked();
    if (row) open(row.dataset.sid, link(row).href);
    return Boolean(row);
  }

  list.addEventListener("click", (event) => {
    const to = event.target.closest("[data-open]");
    if (to && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      const at = new URL(to.href).hash.match(/^#t=([\d.]+)$/);
      open(to.closest("tr").dataset.sid, to.href, { seconds: at ? Number(at[1]) : null });
    } else if (event.target.matches(".pick input") && event.shiftKey && anchor?.isConnected) {
      select(event.target.closest("tr"), { range: true, value: event.target.checked });
    } else if (event.target.closest("tr[data-sid]") && !event.target.closest("a, input, button, label")) {
      mark(event.target.closest("tr"));
    }
  });
  beside.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      close();
    }
    const by = event.target.closest("[data-step]");
    if (by) move(Number(by.dataset.step));
  });
  window.addEventListener("popstate", () => {
    const sid = sidIn(location.href);
    if (sid) open(sid, location.href, { history: null });
    else close({ history: null });
  });
  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-sid]");
    if (row && !opening) {
      list.querySelector("tr.marked")?.classList.remove("marked");
      row.classList.add("marked");
    }
  });

  // What is selected

  const closeChoice = () => bulk.querySelector(".excuse[open]")?.removeAttribute("open");

  function count() {
    const many = rows().filter((row) => box(row)?.checked).length;
    if (!bulk) return;
    bulk.querySelector("[data-picked]").textContent = `${many} selected`;
    if (!many) closeChoice();
  }

  function select(row, { range = false, value = null } = {}) {
    if (!box(row)) return;
    if (range && anchor?.isConnected) {
      const all = rows();
      const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) box(one).checked = value ?? true;
    } else box(row).checked = value ?? !box(row).checked;
    anchor = row;
    count();
  }

  if (bulk) {
    list.addEventListener("change", (event) => {
      if (event.target.matches(".pick input")) anchor = event.target.closest("tr");
      count();
    });
    bulk.addEventListener("reset", () => setTimeout(count));
    bulk.querySelector("[data-close-choice]")?.addEventListener("click", closeChoice);
    const all = bulk.querySelector("[data-pick-all]");
    all.hidden = false;
    all.addEventListener("click", () => {
      for (const row of rows()) box(row).checked = true;
      count();
    });
    // What was done is done to these: the next deed begins with none selected.
    bulk.addEventListener("call-changed", () => bulk.reset());
  }

  // An address says only what is asked for.
  document.getElementById("filters").addEventListener("submit", (event) => {
    const empty = [...event.target.elements].filter((field) => field.name && !field.value);
    for (const field of empty) field.disabled = true;
    setTimeout(() => empty.forEach((field) => { field.disabled = false; }));
  });

  for (const button of beside.querySelectorAll("[data-step]")) button.hidden = false;
  callKeys.bind("j", () => move(1));
  callKeys.bind("k", () => move(-1));
  callKeys.bind("enter", openMarked);
  callKeys.bind("o", openMarked);
  callKeys.bind("s", () => select(marked()));
  callKeys.bind("shift+s", () => select(marked(), { range: true }));
  count();
  opening = sidIn(location.href);
  if (opening && panel.firstElementChild) {
    show(opening);
    if (rowOf(opening)) mark(rowOf(opening), false);
    const at = location.hash.match(/^#t=([\d.]+)$/);
    if (at) window.addEventListener("load", () => play(Number(at[1]))); // once the player is there
    fetchAhead(step(1)?.dataset.sid);
  } else opening = null;
})();
